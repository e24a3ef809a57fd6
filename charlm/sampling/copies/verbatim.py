"""Which parts of a text stand in the training text, word for word: found by a suffix array. Knows no files, no model.

The suffix array is of the training text backwards. So what ends at a place of a new text is what begins there when it
is read backwards: one binary search finds the longest part that ends there and stands in the training text, and the
symbols that come after it there. pydivsufsort, which builds the array, is part of the extra `constrain`, and
imported late. Shape letters: N symbols of the training text.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charlm.errors import UsageError
from charlm.version import install_extra

Ids = NDArray[Any]

KEPT = 4096  # parts of a text whose followers, or places in the array, are kept
SHORT = 3  # characters whose places are kept: few of them are frequent, and the search in their range is short
LONGEST_TEXT = 2**31 - 1


def suffix_array(ids: Ids) -> NDArray[np.uint32]:
    """(N,) ids to (N,) uint32: where the suffixes of the text backwards begin, in their order.

    Raises UsageError if pydivsufsort is missing, or the text is too long.
    """
    if len(ids) > LONGEST_TEXT:
        what = f"The training text has more than {LONGEST_TEXT:,} characters"
        raise UsageError(what, "--max-copy, --report", "Leave them out for so long a text.")
    try:
        from pydivsufsort import divsufsort
    except ImportError:
        what = "To look for copies of the training text needs pydivsufsort"
        raise UsageError(what, "--max-copy, --report", f"Install it: {install_extra('constrain')}") from None
    suffixes: NDArray[np.uint32] = divsufsort(np.ascontiguousarray(ids[::-1])).astype(np.uint32)
    return suffixes


class Verbatim:
    """The training text, given as ids (N,), N > 0, with its `suffix_array`."""

    def __init__(self, ids: Ids, suffixes: NDArray[np.uint32]) -> None:
        self._ids = ids
        self._suffixes = np.ascontiguousarray(suffixes, np.uint32)
        self._starts = self._suffixes.view(np.uint8).data.cast("I")  # the same as Python's numbers, found quicker
        self.followers = lru_cache(maxsize=KEPT)(self._found_followers)
        self._range = lru_cache(maxsize=KEPT)(self._found_range)

    @cached_property
    def _backwards(self) -> str:
        """The training text backwards, a character for each id: strings are compared faster than arrays."""
        return backwards(self._ids)

    def ending(self, before: str, most: int) -> int:
        """How many of the last symbols of a text stand together in the training text, `most` at most.

        `before` is the text backwards, as `backwards` gives it, from its end to at least `most` symbols before it.
        """
        text = self._backwards
        wanted = before[:most]
        first, end = self._range(wanted[:SHORT])
        starts = self._starts
        at = bisect_left(starts, wanted, first, end, key=lambda start: text[start : start + most])
        after = _shared(wanted, text[starts[at] : starts[at] + most]) if at < len(starts) else 0
        return max(after, _shared(wanted, text[starts[at - 1] : starts[at - 1] + most])) if at else after

    def _found_range(self, before: str) -> tuple[int, int]:
        """The places in the suffix array of the suffixes that begin with this text."""
        text, length = self._backwards, len(before)

        def key(start: int) -> str:
            return text[start : start + length]

        return bisect_left(self._starts, before, key=key), bisect_right(self._starts, before, key=key)

    def _found_followers(self, before: str) -> NDArray[np.intp]:
        """The ids that come after this text, given backwards, wherever it stands in the training text."""
        starts = self._suffixes[slice(*self._found_range(before))].astype(np.intp)
        return np.unique(self._ids[len(self._ids) - starts[starts > 0]]).astype(np.intp)

    def runs(self, ids: Sequence[int], begun: Sequence[int] = (), most: int = LONGEST_TEXT) -> NDArray[np.intp]:
        """For each of the ids, how many symbols up to it stand together in the training text, `most` at most.

        Those that the text `begun` with count too.
        """
        text = backwards(np.array([*begun, *ids], np.int64))
        found = np.zeros(len(ids), np.intp)
        longest = 0
        for number in range(len(ids)):
            found[number] = longest = self._grown(text, len(ids) - 1 - number, longest, most)
        return found

    def longest_run(self, ids: Sequence[int], begun: Sequence[int] = ()) -> int:
        """The most symbols in a row, up to one of the ids, that stand together in the training text."""
        text = backwards(np.array([*begun, *ids], np.int64))
        longest, number = 0, 0
        while number < len(ids):
            here = self._grown(text, len(ids) - 1 - number, longest, LONGEST_TEXT)
            longest = max(longest, here)
            number += longest - here + 1  # until then no run can be longer
        return longest

    def _grown(self, text: str, place: int, guess: int, most: int) -> int:
        """As `ending` for what begins at the place of a text backwards, with a guess of about how long it will be."""
        bound = min(most, max(16, 2 * guess))
        while True:
            found = self.ending(text[place : place + bound], bound)
            if found < bound or bound >= most:
                return found
            bound = min(most, 4 * bound)


def backwards(ids: Ids) -> str:
    """(N,) ids to a string of a character for each, the last first."""
    return np.asarray(ids)[::-1].astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")


def _shared(one: str, other: str) -> int:
    """How many characters both begin with."""
    if one == other:
        return len(one)
    place = 0
    for mine, theirs in zip(one, other, strict=False):  # quicker than a generator, and there are few
        if mine != theirs:
            return place
        place += 1
    return place
