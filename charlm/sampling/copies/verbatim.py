"""Which parts of a text stand in the training text, word for word: found by a suffix array. Knows no files, no model.

The suffix array is of the training text backwards. So what ends at a place of a new text is what begins there when it
is read backwards: one binary search finds the longest part that ends there and stands in the training text, and the
symbols that come after it there. pydivsufsort, which builds the array, is part of the extra `constrain`, and
imported late. Shape letters: N symbols of the training text.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from ctypes import byref
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charlm.errors import UsageError
from charlm.kernels import SuffixArray, library
from charlm.version import install_extra

Ids = NDArray[Any]

KEPT = 4096  # parts of a text whose followers are kept
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
        self._dtype = ids.dtype.newbyteorder("<")
        self._kernel = library()
        self.width = ids.dtype.itemsize  # bytes of a symbol
        self.followers = lru_cache(maxsize=KEPT)(self._found_followers)

    def as_bytes(self, ids: Any) -> bytes:
        """(N,) ids as the other functions take texts: as bytes, of each symbol the lowest first."""
        return np.asarray(ids).astype(self._dtype).tobytes()

    @cached_property
    def _backwards(self) -> bytes:
        """The training text backwards, of each symbol the highest byte first: texts are in the order of their bytes."""
        return self._ids[::-1].astype(self._ids.dtype.newbyteorder(">"), copy=False).tobytes()

    @cached_property
    def _described(self) -> SuffixArray:
        """What the kernel is given."""
        return SuffixArray(self._backwards, self._suffixes.ctypes.data, len(self._suffixes), self.width)

    def ending(self, text: bytes, end: int, most: int) -> int:
        """How many symbols before the place `end` of a text stand together in the training text, `most` at most."""
        if self._kernel:
            return int(self._kernel.run_ending(byref(self._described), text, end, most))
        whole, starts, width = self._backwards, self._starts, self.width
        before = text[max(0, end - most) * width : end * width][::-1]
        size = len(before)
        at = bisect_left(starts, before, key=lambda start: whole[start * width : start * width + size])
        # the neighbours of its place have the longest parts
        near = [whole[start * width : start * width + size] for start in starts[max(0, at - 1) : at + 1]]
        return max(_shared(before, part) for part in near) // width

    def next_run(self, text: bytes, place: int, end: int, most: int) -> int:
        """The first place of a text from `place` on, before `end`, at which a run of `most` symbols ends that stands in
        the training text; if there is none, the first from `end` on at which one may end.

        After a run of d symbols, that can be most - d later.
        """
        if self._kernel:
            return int(self._kernel.next_run(byref(self._described), text, place, end, most))
        while place < end and (run := self.ending(text, place, most)) < most:
            place += most - run
        return place

    def _found_followers(self, part: bytes) -> NDArray[np.intp]:
        """The ids that come after this part of a text, wherever it stands in the training text."""
        whole, width, size, before = self._backwards, self.width, len(part), part[::-1]

        def key(start: int) -> bytes:
            return whole[start * width : start * width + size]

        found = slice(bisect_left(self._starts, before, key=key), bisect_right(self._starts, before, key=key))
        starts = self._suffixes[found].astype(np.intp)
        return np.unique(self._ids[len(self._ids) - starts[starts > 0]]).astype(np.intp)

    def runs(self, ids: Sequence[int], begun: Sequence[int] = (), most: int = LONGEST_TEXT) -> NDArray[np.intp]:
        """For each of the ids, how many symbols up to it stand together in the training text, `most` at most.

        Those that the text `begun` with count too.
        """
        text = self.as_bytes([*begun, *ids])
        found = np.zeros(len(ids), np.intp)
        longest = 0
        for number in range(len(ids)):
            found[number] = longest = self._grown(text, len(begun) + number + 1, longest, most)
        return found

    def longest_run(self, ids: Sequence[int], begun: Sequence[int] = ()) -> int:
        """The most symbols in a row, up to one of the ids, that stand together in the training text."""
        text = self.as_bytes([*begun, *ids])
        longest, number = 0, 0
        while number < len(ids):
            here = self._grown(text, len(begun) + number + 1, longest, LONGEST_TEXT)
            longest = max(longest, here)
            number += longest - here + 1  # until then no run can be longer
        return longest

    def _grown(self, text: bytes, end: int, guess: int, most: int) -> int:
        """As `ending`, with a guess of about how long the run will be."""
        bound = min(most, max(16, 2 * guess))
        while True:
            found = self.ending(text, end, bound)
            if found < bound or bound >= most:
                return found
            bound = min(most, 4 * bound)


def _shared(one: bytes, other: bytes) -> int:
    """How many bytes both begin with."""
    if one == other:
        return len(one)
    place = 0
    for mine, theirs in zip(one, other, strict=False):  # quicker than a generator, and there are few
        if mine != theirs:
            return place
        place += 1
    return place
