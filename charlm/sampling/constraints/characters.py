"""Texts of some characters alone as automata: a character class, and valid UTF-8 for a model of bytes.

Knows no model and no other library.
"""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charlm.errors import UsageError
from charlm.sampling.constraints.automaton import FORBIDDEN, Automaton, repeated, trimmed
from charlm.text.vocabulary import Vocabulary

POINTS = 0x110000
SURROGATES = slice(0xD800, 0xE000)

Points = NDArray[np.bool_]  # (POINTS,) which code points may be written


def class_automaton(characters: str, vocabulary: Vocabulary) -> Automaton:
    """Any text of the class: `a-z ,.'` as between the brackets of a regular expression; ^ first is all others.

    Raises UsageError for an invalid class, and for one with nothing that the model knows.
    """
    where = f"--only {characters}"
    pattern = _class_pattern(characters, where)
    if vocabulary.unit == "byte":
        found = of_points(points_matching(pattern), vocabulary)
    else:
        ids = [number for number, symbol in enumerate(vocabulary.symbols) if symbol and _all_match(pattern, symbol)]
        found = repeated(ids, vocabulary.size) if ids else None
    if found is None:
        raise UsageError("The model knows no character of the class", where, 'Give a class such as "a-z ,.\'".')
    return found


def valid_utf8(vocabulary: Vocabulary) -> Automaton:
    """Any text of whole characters, for a vocabulary of bytes. Raises UsageError for another one, or if none is."""
    if vocabulary.unit != "byte":
        what = f"--utf8 is for models of bytes, and this one writes {vocabulary.unit}s"
        raise UsageError(what, "--utf8", "Leave it out: what this model writes is always valid.")
    found = of_points(np.ones(POINTS, bool), vocabulary)
    if found is None:
        raise UsageError("The model's bytes make no whole character", "--utf8", "Leave it out.")
    return found


def of_points(points: Points, vocabulary: Vocabulary) -> Automaton | None:
    """Any text of these code points in UTF-8, whole, for a vocabulary of bytes; None if it has none of them."""
    points = points.copy()
    points[SURROGATES] = False
    rows: list[NDArray[np.int32]] = [np.full(256, FORBIDDEN, np.int32)]
    numbers: dict[bytes, int] = {}

    def state(rest: Points) -> int:
        """The state from which the bytes that remain may be any of `rest`, shaped (64,) for each of them."""
        key = bytes([rest.ndim]) + rest.tobytes()
        if key not in numbers:
            row = np.full(256, FORBIDDEN, np.int32)
            for byte in np.flatnonzero(rest.reshape(64, -1).any(axis=1)).tolist():
                row[0x80 + byte] = 0 if rest.ndim == 1 else state(rest[byte])
            numbers[key] = len(rows)
            rows.append(row)
        return numbers[key]

    rows[0][:0x80] = np.where(points[:0x80], 0, FORBIDDEN)
    for first, last, lead, following in ((0x80, 0x800, 0xC0, 1), (0x800, 0x10000, 0xE0, 2), (0x10000, POINTS, 0xF0, 3)):
        size = 64**following
        for block in range(first // size, -(-last // size)):
            part = np.zeros(size, bool)
            begin, end = max(first, block * size), min(last, (block + 1) * size)
            part[begin - block * size : end - block * size] = points[begin:end]
            if part.any():
                rows[0][lead + block] = state(part.reshape((64,) * following))
    columns = [ord(symbol) for symbol in vocabulary.symbols]
    accepting = np.zeros(len(rows), bool)
    accepting[0] = True
    found = trimmed(np.stack(rows)[:, columns], accepting)
    return None if found is None or (found.table[0] < 0).all() else found


def points_matching(pattern: re.Pattern[str]) -> Points:
    """The code points whose characters match."""
    points = np.zeros(POINTS, bool)
    everything = "".join(map(chr, range(POINTS)))
    for run in re.finditer(f"(?:{pattern.pattern})+", everything):
        points[slice(*run.span())] = True
    return points


def _class_pattern(characters: str, where: str) -> re.Pattern[str]:
    """The class as a pattern for one character. A bracket in it needs no backslash."""
    escaped = re.sub(r"(\\.)|([\[\]])", lambda found: found[1] or "\\" + found[2], characters, flags=re.DOTALL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what may mean something else in a later Python
            return re.compile(f"[{escaped}]")
    except re.error as error:
        raise UsageError(f"That is no character class: {error}", where, 'Write it as "a-z ,.\'".') from None


def _all_match(pattern: re.Pattern[str], symbol: str) -> Any:
    return all(map(pattern.fullmatch, symbol))
