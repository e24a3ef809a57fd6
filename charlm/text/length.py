"""The least that a text must have to be trained on or scored: a character, and one to predict from it."""

from __future__ import annotations

from charlm.errors import TextError


def require_two(characters: int, what: str, where: str, unknown: bool = False) -> None:
    """Raise TextError if there are fewer than two characters; `unknown` if others were left out as unknown."""
    if characters >= 2:
        return
    size = ("one character" if characters else "no characters") + (" that the model knows" if unknown else "")
    remedy = "Give a text in the characters that the model was trained on." if unknown else "Give a longer text."
    raise TextError(f"{what} has {size}, and at least two are needed", where, remedy)
