"""Splits that have a text of their own: joined to the training text, and compared with it. Knows ids only, no files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from charlm.errors import TextError
from charlm.text import cache
from charlm.text.records.record_hashes import Ids
from charlm.text.splitting import SPLITS, Spans

FORMAT = 1  # to be increased if the same parts give another order
MOST_UNKNOWN = 0.3  # share of characters that training lacks, from which a text is taken for one of another kind
SHOWN = 8  # unknown characters


def shares_left(splits: tuple[float, float, float], own: Mapping[str, Any]) -> tuple[float, float, float]:
    """The shares of the main text. With a validation text all of it is for training, and the test split is empty."""
    train, valid, test = splits
    return (1.0, 0.0, 0.0) if "valid" in own else (train + test, valid, 0.0)


def join_splits(content: list[Any], parts: Mapping[str, Ids]) -> tuple[cache.Entry, Spans]:
    """One text of the splits, stored under `content`, and where each begins and ends."""
    key = hashlib.sha256(json.dumps([FORMAT, content]).encode()).hexdigest()

    def chunks() -> Iterator[Ids]:
        for name in SPLITS:
            yield from cache.in_chunks(parts[name])

    spans, end = {}, 0
    for name in SPLITS:
        spans[name] = (end, end + len(parts[name]))
        end += len(parts[name])
    entry = cache.load_entry(key) or cache.store_entry(key, parts["train"].dtype, chunks, lambda _: {})
    return entry, spans


def unknown_notes(
    name: str, where: str, known: int, unknown: Mapping[str, int], fate: str = "were left out"
) -> list[str]:
    """A note on the characters of a split that training lacks, and their fate. Raises TextError if they are too many.

    `known` is the number of the others.
    """
    count = sum(unknown.values())
    if not count:
        return []
    listed = sorted(unknown.items(), key=lambda item: -item[1])
    shown = ", ".join(f"{one!r} x {times:,}" for one, times in listed[:SHOWN]) + (
        ", ..." if len(listed) > SHOWN else ""
    )
    if count > MOST_UNKNOWN * (known + count):
        raise TextError(
            f"{count / (known + count):.0%} of the characters of the {name} text do not occur in the training text, as "
            f"if it were in another script or encoding: {shown}",
            where,
            "Give a text of the same kind as the training text.",
        )
    if count == 1:
        fate = fate.replace("were ", "was ").replace("are ", "is ")
        return [f"{name}: one character that the training text lacks {fate}: {shown}"]
    return [f"{name}: {count:,} characters that the training text lacks {fate}: {shown}"]
