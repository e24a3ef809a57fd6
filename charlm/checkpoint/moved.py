"""Where the texts of a run are now, if they have moved, and what names them. Knows no files and no model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from charlm.config.settings import TextSettings

OPTIONS = {"sources": "--text PATH", "valid": "--valid FILE", "test": "--test FILE"}  # what names each text of a run
CALLED = {"sources": "text", "valid": "validation text", "test": "test text"}


@dataclass(frozen=True)
class Moved:
    """Where the texts of a run are now: its text, its own validation text, its own test text. Empty: where they were.

    A run has a text of its own for a split if it was trained with `--valid` or `--test` (text.valid, text.test).
    """

    sources: Sequence[str] = ()
    valid: Sequence[str] = ()
    test: Sequence[str] = ()

    @property
    def given(self) -> dict[str, tuple[str, ...]]:
        """The texts that are named again, by the setting that names them."""
        return {name: tuple(paths) for name in OPTIONS if (paths := getattr(self, name))}

    def settings(self, text: TextSettings) -> TextSettings:
        """The settings with the texts where they are now."""
        return text.model_copy(update=self.given)

    def words(self) -> list[str]:
        """The options that name the texts again, as words of a command."""
        named = ((OPTIONS[name].split()[0], path) for name, paths in self.given.items() for path in paths)
        return [word for option, path in named for word in (option, path)]
