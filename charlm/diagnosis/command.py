"""The `charlm train` line that doctor suggests, with every option that doctor was given. Knows no text."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from charlm.config.given import LENGTHS


@dataclass(frozen=True)
class GivenOptions:
    """The options of a command line, as words, without the texts.

    `choose_model`: they choose the model's size, or a length that the preset `auto` may not have.
    """

    words: tuple[str, ...] = ()
    choose_model: bool = False

    @classmethod
    def of(
        cls,
        config: str | None,
        overrides: Sequence[str],
        options: Sequence[tuple[str, str | None]],
        flags: Sequence[str] = (),
    ) -> GivenOptions:
        """A config, `-s` overrides, further options by name, None for one that was not given, and flags."""
        words = ["-c", config] if config else []
        words += [word for override in overrides for word in ("-s", override)]
        words += [word for name, value in options if value is not None for word in (name, value)]
        words += flags
        choosing = ("model.", *LENGTHS)
        return cls(tuple(words), bool(config) or any(one.strip().startswith(choosing) for one in overrides))

    def train_command(self, texts: Sequence[str], more: Sequence[str] = ()) -> str:
        """`charlm train` with the texts, these options and `more`. A later `-s` overrides an earlier one."""
        piped = " < FILE" if "-" in (*texts, *self.words) else ""
        named = [f"./{text}" if text.startswith("-") and text != "-" else text for text in texts]
        return " ".join(map(shlex.quote, ["charlm", "train", *named, *self.words, *more])) + piped
