"""What a mistyped name was meant to be. Knows no settings: the names that exist are given."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

MAX_WORD = 80  # a longer word was not mistyped


def suggestion(word: str, names: Iterable[str]) -> str:
    """`Did you mean model.hidden_size?` for `hidden_size`, `modle.hidden_size` or `model.hiddensize`; or nothing."""
    if len(word) > MAX_WORD:
        return ""
    names = list(names)
    by_leaf = {name.rpartition(".")[2]: name for name in reversed(names)}
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.75)
    if not close:
        leaves = difflib.get_close_matches(word.rpartition(".")[2], by_leaf, n=1, cutoff=0.6)
        close = [by_leaf[leaf] for leaf in leaves] or difflib.get_close_matches(word, names, n=1, cutoff=0.5)
    return f"Did you mean {close[0]}?" if close else ""
