"""What a constraint costs each sample: -log2 of the probability that the model gives to all that may be drawn, summed.

The model's own probabilities count, before any rule. Shape letters: B rows, V symbols.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

CELLS = 2**18  # logits of several steps that are looked at together, which is quicker


def cost(logits: NDArray[np.floating], allowed: NDArray[np.bool_]) -> NDArray[np.float64]:
    """logits (..., B, V) and what may be drawn to (..., B) bits."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    whole = powers.sum(axis=-1, dtype=np.float64)
    mass = (powers * allowed).sum(axis=-1, dtype=np.float64)
    # less than the smallest number costs as much as that number
    bits: NDArray[np.float64] = np.log2(whole) - np.log2(np.maximum(mass, np.finfo(powers.dtype).tiny))
    return bits


class Costs:
    """The bits of samples that are written together. It grows with every step, and belongs to one generation."""

    def __init__(self) -> None:
        self._totals: defaultdict[int, float] = defaultdict(float)
        self._samples: Sequence[int] = ()
        self._logits: list[NDArray[np.floating]] = []
        self._allowed: list[NDArray[np.bool_]] = []

    def add(self, samples: Sequence[int], logits: NDArray[np.floating], allowed: NDArray[np.bool_]) -> None:
        """One more symbol of these samples, each in its row of (B, V)."""
        if samples is not self._samples:
            self._sum()
            self._samples = samples
        self._logits.append(logits.copy())
        self._allowed.append(allowed)
        if len(self._logits) * logits.size > CELLS:
            self._sum()

    def add_bits(self, samples: Sequence[int], bits: NDArray[np.float64]) -> None:
        """More symbols of these samples, each in its row of (N, B) bits."""
        self._sum()
        before = [self._totals[sample] for sample in samples]
        totals = np.add.accumulate(np.vstack([before, bits]))[-1]  # one after the other, whenever they are summed
        self._totals.update(zip(samples, totals.tolist(), strict=True))

    def of(self, sample: int) -> float:
        """What the sample cost so far."""
        self._sum()
        return self._totals[sample]

    def _sum(self) -> None:
        if not self._logits:
            return
        with np.errstate(invalid="ignore"):  # a row that is not finite has an error instead of a cost
            bits = cost(np.stack(self._logits), np.stack(self._allowed))
        self._logits, self._allowed = [], []
        self.add_bits(self._samples, bits)
