"""`--pairs` of `charlm train` and `charlm tune`: the option, and the kind of model that it means. Connects nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

Pairs = Annotated[
    bool,
    typer.Option(
        "--pairs",
        help="Each line is a source, a tab and a target: learn to write targets for sources (charlm convert). "
        "-s model.pairs.kind=encoder or joined is another kind than attending.",
    ),
]
KIND = "model.pairs.kind"
KINDS = ("joined", "encoder", "attending")


def chosen_kind(
    pairs: bool, text: Sequence[str] | None, overrides: Sequence[str], command: str = "charlm train"
) -> str | None:
    """What --pairs means for the setting of that name; None leaves it to others.

    Raises UsageError if a kind stands where the text is expected, as in `--pairs encoder`.
    """
    from charlm.errors import UsageError

    if not pairs:
        return None
    for word in text or ():
        if word in KINDS and len(text or ()) > 1:
            others = " ".join(each for each in text or () if each != word)
            raise UsageError(
                "--pairs takes no value",
                f"--pairs {word}",
                f"Write the kind as a setting: {command} {others} --pairs -s {KIND}={word}",
            )
    given = any(override.partition("=")[0].strip() == KIND for override in overrides)
    return None if given else "attending"
