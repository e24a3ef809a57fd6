"""What a mistyped name was meant to be. Knows no settings: the names that exist are given."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

MAX_WORD = 80  # a longer word was not mistyped
NEAR = 0.6  # likeness from which advice is better than none
LEAF = 0.75  # how much of the likeness is that of the last part: a section is easily left out or mistaken


def suggestion(word: str, names: Iterable[str]) -> str:
    """`Did you mean model.hidden_size?` for `hidden_size`, `modle.hidden_size`, `training.hidden_size`; or nothing."""
    if len(word) > MAX_WORD:
        return ""
    likeness, name = max(((_likeness(word, name), name) for name in names), key=lambda pair: pair[0], default=(0.0, ""))
    return f"Did you mean {name}?" if likeness >= NEAR else ""


def _likeness(word: str, name: str) -> float:
    """0 to 1."""
    last = SequenceMatcher(None, word.rpartition(".")[2], name.rpartition(".")[2]).ratio()
    return LEAF * last + (1 - LEAF) * SequenceMatcher(None, word, name).ratio()
