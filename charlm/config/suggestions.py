"""`Did you mean ...?`: the names nearest to a mistyped one. Knows no settings: the caller gives the names."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches

MAX_WORD = 255  # characters; a longer word is no mistyped name, and comparing it takes long
NEAR = 0.6  # similarity, 0 to 1, below which no suggestion is better than a wrong one
LEAF = 0.75  # weight of the last part of a setting's name: its section is easily left out or mistaken


def suggestion(word: str, names: Iterable[str], most: int = 1, near: float = NEAR) -> str:
    """`Did you mean quick?`, with up to `most` names; empty if no name is near enough."""
    return did_you_mean(closest(word, names, most, near))


def setting_suggestion(word: str, names: Iterable[str]) -> str:
    """The same for dotted names: model.hidden_size for `hidden_size`, `modle.hidden_size`, `training.hidden_size`."""
    if len(word) > MAX_WORD:
        return ""
    similarity, name = max(((_similarity(word, name), name) for name in names), default=(0.0, ""), key=lambda it: it[0])
    return did_you_mean([name] if similarity >= NEAR else [])


def closest(word: str, names: Iterable[str], most: int = 1, near: float = NEAR) -> list[str]:
    """Up to `most` of the names, the nearest first."""
    return [] if len(word) > MAX_WORD else get_close_matches(word, list(names), most, near)


def did_you_mean(names: Iterable[str]) -> str:
    """The question about these names; empty without any."""
    found = " or ".join(names)
    return f"Did you mean {found}?" if found else ""


def _similarity(word: str, name: str) -> float:
    """0 to 1."""
    last = SequenceMatcher(None, word.rpartition(".")[2], name.rpartition(".")[2]).ratio()
    return LEAF * last + (1 - LEAF) * SequenceMatcher(None, word, name).ratio()
