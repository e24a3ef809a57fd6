"""Kneser-Ney n-grams: the fast form if the kernels are compiled, else the definition. Knows no text and no model.

Both count and predict alike (kneser_ney.py says what). The counts of the fast form may be shared by threads, each with
a reader of its own. Shape letters: N symbols of a text, V symbols of the vocabulary.
"""

from __future__ import annotations

import weakref
from threading import Lock
from typing import Protocol

import numpy as np

from charlm.baselines.kneser_ney import HIGHEST_ORDER, LOWEST_ORDER, KneserNey
from charlm.kernels import library

NO_NODE = -1  # as in ngram.h
CALL = 1 << 16  # ids of one call, so that Ctrl-C is heard between two


class NGramReader(Protocol):
    """A text that is read in order, from its beginning. While it is `counting`, what is read is counted."""

    counting: bool

    def restart(self) -> None: ...

    def distribution(self) -> np.ndarray: ...

    def take(self, symbol: int) -> None: ...

    def read(self, ids: np.ndarray) -> np.ndarray: ...

    def nats(self, ids: np.ndarray) -> np.ndarray: ...


class NGramRows(Protocol):
    """Texts that are read side by side, from their beginnings, with the same counts. See NGramReader."""

    counting: bool

    def step(self, ids: np.ndarray) -> np.ndarray:
        """The next symbol of each text, ids (B,), negative for one that stays -> the probabilities (B, V) after it."""
        ...

    def keep(self, rows: int) -> None:
        """Go on with the first texts alone."""


class NGram(Protocol):
    """The counts of an n-gram."""

    order: int
    vocab_size: int

    def count(self, ids: np.ndarray) -> None: ...

    def copy(self) -> NGram: ...

    def reader(self, counting: bool) -> NGramReader: ...

    def side_by_side(self, rows: int, counting: bool) -> NGramRows: ...


def new_ngram(order: int, vocab_size: int) -> NGram:
    """An n-gram that has counted nothing, and is uniform. Raises ValueError for an order that is not 0 to 8."""
    if not LOWEST_ORDER <= order <= HIGHEST_ORDER:
        raise ValueError(f"the order of an n-gram must be {LOWEST_ORDER} to {HIGHEST_ORDER}, and not {order}")
    return CompiledNGram(order, vocab_size) if library() is not None else KneserNey(order, vocab_size)


class CompiledNGram:
    """The counts, in memory of the kernels. Raises MemoryError if there is not enough."""

    def __init__(self, order: int, vocab_size: int, copied: CompiledNGram | None = None) -> None:
        found = library()
        assert found is not None
        self.order, self.vocab_size = order, vocab_size
        self._library, self._lock = found, Lock()
        new = found.ngram_new(order, vocab_size) if copied is None else found.ngram_copy(copied._address)
        self._address: int | None = new
        if self._address is None:
            raise MemoryError
        weakref.finalize(self, found.ngram_free, self._address)

    def copy(self) -> CompiledNGram:
        """Another n-gram with the same counts."""
        with self._lock:
            return CompiledNGram(self.order, self.vocab_size, self)

    def count(self, ids: np.ndarray) -> None:
        """Count a text (N,) from its beginning, where contexts are shorter."""
        place = self.beginning()
        for start in range(0, len(ids), CALL):
            part = self._checked(ids[start : start + CALL])
            with self._lock:
                done = self._library.ngram_count(self._address, place.ctypes.data, part.ctypes.data, len(part))
            if done < len(part):
                raise MemoryError

    def reader(self, counting: bool) -> CompiledReader:
        """A place at the beginning of a text. If `counting`, each symbol is counted after it was predicted."""
        return CompiledReader(self, counting)

    def side_by_side(self, rows: int, counting: bool) -> CompiledRows:
        """Places at the beginnings of as many texts. If `counting`, each symbol is counted after it was predicted."""
        return CompiledRows(self, rows, counting)

    def beginning(self) -> np.ndarray:
        """(order + 1,) the nodes of a place at the beginning of a text: the first node is the empty context."""
        place = np.full(self.order + 1, NO_NODE, np.int32)
        place[0] = 0
        return place

    def read(self, place: np.ndarray, ids: np.ndarray, counting: bool, found: np.ndarray) -> None:
        """Read ids (N,) from a place on, and move it. `found` gets probabilities: (N, V), or (N,) of the ids alone."""
        for start in range(0, len(ids), CALL):
            part, into = self._checked(ids[start : start + CALL]), found[start : start + CALL]
            every, taken = (into.ctypes.data, None) if into.ndim == 2 else (None, into.ctypes.data)
            with self._lock:
                done = self._library.ngram_read(
                    self._address, place.ctypes.data, part.ctypes.data, len(part), counting, every, taken
                )
            if done < len(part):
                raise MemoryError

    def step(self, places: np.ndarray, ids: np.ndarray, counting: bool) -> np.ndarray:
        """Move texts at places (B, order + 1) on by a symbol; gives the probabilities (B, V) of what comes next."""
        found = np.empty((len(ids), self.vocab_size))
        part = self._checked(ids, least=-1)
        with self._lock:
            done = self._library.ngram_step(
                self._address, places.ctypes.data, part.ctypes.data, len(part), counting, found.ctypes.data
            )
        if done < len(part):
            raise MemoryError
        return found

    def _checked(self, ids: np.ndarray, least: int = 0) -> np.ndarray:
        """The ids as the kernel reads them. One that is none of the vocabulary would have it write anywhere."""
        if len(ids) and (int(ids.min()) < least or int(ids.max()) >= self.vocab_size):
            raise ValueError(f"an id is not among the {self.vocab_size} of the vocabulary")
        return np.ascontiguousarray(ids, np.int32)


class CompiledReader:
    """A text that is read in order with the counts of an n-gram."""

    def __init__(self, counts: CompiledNGram, counting: bool) -> None:
        self._counts, self.counting = counts, counting
        self._place = counts.beginning()

    def restart(self) -> None:
        """The next symbol begins a text. What was counted stays."""
        self._place = self._counts.beginning()

    def distribution(self) -> np.ndarray:
        """(V,) the probability of each symbol that may come next."""
        found = np.empty((1, self._counts.vocab_size))
        self._counts.read(self._place.copy(), np.zeros(1, np.int32), False, found)
        return found.reshape(-1)

    def take(self, symbol: int) -> None:
        """The next symbol is this one."""
        self._counts.read(self._place, np.array([symbol]), self.counting, np.empty(1))

    def read(self, ids: np.ndarray) -> np.ndarray:
        """ids (N,) -> log-probabilities (N, V), each row of the symbol that stands there, before it is read."""
        found = np.empty((len(ids), self._counts.vocab_size))
        self._counts.read(self._place, ids, self.counting, found)
        return np.log(found, out=found)

    def nats(self, ids: np.ndarray) -> np.ndarray:
        """ids (N,) -> the nats of each (N,), as `read` predicts them."""
        found = np.empty(len(ids))
        self._counts.read(self._place, ids, self.counting, found)
        return -np.log(found)


class CompiledRows:
    """Texts that are read side by side with the counts of an n-gram."""

    def __init__(self, counts: CompiledNGram, rows: int, counting: bool) -> None:
        self._counts, self.counting = counts, counting
        self._places = np.tile(counts.beginning(), (rows, 1))

    def step(self, ids: np.ndarray) -> np.ndarray:
        """As in NGramRows."""
        return self._counts.step(self._places, ids, self.counting)

    def keep(self, rows: int) -> None:
        """As in NGramRows."""
        self._places = self._places[:rows].copy()
