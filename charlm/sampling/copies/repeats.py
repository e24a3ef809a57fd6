"""No sequence of N symbols twice: which symbols would repeat one. Knows no model and no vocabulary."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence


class Followers:
    """What has followed every N - 1 symbols of one text; it grows with the text."""

    def __init__(self, n: int, ids: Sequence[int] = ()) -> None:
        self._before = n - 1
        self._last: tuple[int, ...] = ()
        self._seen: defaultdict[tuple[int, ...], set[int]] = defaultdict(set)
        for symbol in ids:
            self.read(symbol)

    def read(self, symbol: int) -> None:
        """The text has one more symbol."""
        if len(self._last) == self._before:
            self._seen[self._last].add(symbol)
        self._last = (*self._last, symbol)[-self._before :] if self._before else ()

    def repeating(self) -> Collection[int]:
        """The symbols that would end a sequence of N which stands in the text already."""
        return self._seen.get(self._last, ()) if len(self._last) == self._before else ()
