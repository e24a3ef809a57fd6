"""Loss against the length of context: what a model predicts that has read k characters, and no more.

At each of some places the model starts from a fresh state, reads the k characters before, and predicts the next one;
the places are the same for every k, so differences between two k are far surer than either mean. A record is read from
the end symbol that begins it: nothing farther back counts, for any k.

Knows no files and no torch. Shape letters: N characters, K lengths, P places, T time, B rows, V symbols.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from charlm.bootstrap import Interval, bootstrap_interval
from charlm.errors import TextError
from charlm.model.language_model import LanguageModel
from charlm.model.probabilities import log_softmax

BLOCK = 1000  # characters; places within a block are alike, and are drawn together for an interval
STEPS = 64  # that are read at once; with the rows, they bound the memory for logits
NUMBERS = 1 << 24  # logits in memory


@dataclass(frozen=True, eq=False)
class ContextLosses:
    """nats (K, P), float64, of the characters at `places` (P,) of the text, after `lengths` (K,), ascending."""

    lengths: tuple[int, ...]
    places: np.ndarray
    nats: np.ndarray

    @property
    def means(self) -> np.ndarray:
        """(K,) nats per character."""
        return np.asarray(self.nats.mean(1))

    @property
    def intervals(self) -> list[Interval | None]:
        """Of the means; None if there are under ten blocks of text."""
        return [self._interval(row) for row in self.nats]

    @property
    def excess(self) -> np.ndarray:
        """(K,) nats per character more than with the longest context."""
        return np.asarray((self.nats - self.nats[-1]).mean(1))

    @property
    def excess_intervals(self) -> list[Interval | None]:
        """Of the excess, paired by place."""
        return [self._interval(row - self.nats[-1]) for row in self.nats]

    def enough(self, tolerance: float) -> int:
        """The shortest context that costs at most `tolerance` nats per character more than the longest, and whose
        longer ones do too."""
        too_much = np.flatnonzero(self.excess > tolerance)
        return self.lengths[int(too_much[-1]) + 1 if too_much.size else 0]

    def _interval(self, values: np.ndarray) -> Interval | None:
        _, starts, counts = np.unique(self.places // BLOCK, return_index=True, return_counts=True)
        return bootstrap_interval(np.add.reduceat(values, starts), counts)


def context_losses(
    model: LanguageModel, ids: np.ndarray, lengths: Sequence[int], positions: int, end: int | None = None
) -> ContextLosses:
    """The losses at up to `positions` places, evenly spaced over a text, ids (N,). The model has numpy arrays.

    `end` is the id that ends a record, if the text has records. Raises TextError for a text without any place.
    """
    lengths = tuple(sorted(set(lengths)))
    text = ids if end is None else np.concatenate([np.array([end], ids.dtype), ids])
    first = lengths[-1] if end is None else 1
    if len(text) <= first:
        shorter = f", or --longest {max(1, len(text) - 1)}" if len(text) > 1 else ""
        raise TextError(
            f"The text has {len(ids):,} characters, and a context of {lengths[-1]:,} needs more",
            "the valid split of the run's text, or the text that was given",
            f"Give a longer text{shorter}.",
        )
    places = np.unique(np.linspace(first, len(text) - 1, min(positions, len(text) - first)).round().astype(np.int64))
    begins = np.zeros(len(places), np.int64)
    if end is not None:  # the end symbol before each place
        ends = np.flatnonzero(text == end)
        begins = ends[np.searchsorted(ends, places) - 1]
    nats = np.empty((len(lengths), len(places)))
    read = np.zeros(len(places), np.int64)
    for number, length in enumerate(lengths):
        before, read = read, np.minimum(length, places - begins)
        nats[number] = nats[number - 1]
        for size in np.unique(read[read != before]).tolist():
            which = np.flatnonzero((read == size) & (read != before))
            nats[number, which] = _losses(model, text, places[which], size)
    return ContextLosses(lengths, places - (end is not None), nats)


def _losses(model: LanguageModel, text: np.ndarray, places: np.ndarray, size: int) -> np.ndarray:
    """(P,) nats at these places after `size` characters from a fresh state."""
    from charlm.engines.choosing import run_with_numpy

    rows = max(1, NUMBERS // (min(STEPS, size) * model.vocab_size))
    found = []
    for start in range(0, len(places), rows):
        some = places[start : start + rows]
        ids = text[some + np.arange(-size, 0)[:, None]].astype(np.int64)
        state = model.fresh_state(len(some))
        for step in range(0, size, STEPS):
            logits, state = model.forward(ids[step : step + STEPS], state, run_with_numpy)
        found.append(-log_softmax(logits[-1])[np.arange(len(some)), text[some]])
    return np.concatenate(found)
