"""Lines that a model with latent variables writes, with numpy. Knows no files and no terminal.

Line number n under a seed is the same however many are written. Shape letters: B rows, V symbols, Z units.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from charlm.errors import CharlmError
from charlm.kernels.blas import one_blas_thread
from charlm.latent.model import LatentModel
from charlm.model.language_model import NEVER
from charlm.randomness import sample_stream
from charlm.sampling.rules.decoding import Decoding, non_finite_error
from charlm.sampling.rules.drawing import draw_rows

ROWS = 32  # lines that are written together, always so many: a product of another size may round otherwise


@dataclass(frozen=True, eq=False)
class LatentWriter:
    """A model that writes: the symbol `end` ends a line, which has at most `longest` others, and `never` is not written
    (None: all are).
    """

    model: LatentModel
    decoding: Decoding
    end: int
    longest: int
    never: int | None = None

    def lines(self, seed: int, first: int = 0) -> Iterator[list[int]]:
        """The ids of line number `first` under the seed, of the next one, and so on without end."""
        while True:
            streams = [sample_stream(seed, number) for number in range(first, first + ROWS)]
            yield from self._block(streams, self.model.begin(ROWS, _noise_of(streams)))
            first += ROWS

    def from_state(self, state: Any, rows: int, seed: int) -> list[list[int]]:
        """Lines that begin from a state with so many rows."""
        return self._block([sample_stream(seed, number) for number in range(rows)], state)

    def _block(self, streams: Sequence[np.random.Generator], state: Any) -> list[list[int]]:
        """A line for each stream. Raises IntegrityError for scores that are not finite."""
        rows, noise, step = len(streams), _noise_of(streams), self.model.stepping()
        written: list[list[int]] = [[] for _ in streams]
        going = np.ones(rows, np.bool_)
        ids = np.full(rows, self.end)
        for _ in range(self.longest):
            with one_blas_thread():
                logits, state = step(ids, state, noise)
            if self.never is not None:
                logits[:, self.never] = NEVER
            uniforms = np.array([stream.random() for stream in streams])
            recent = [line[-self.decoding.repetition_window :] for line in written]
            drawn = draw_rows(logits, self.decoding, recent, uniforms)
            for row, symbol in enumerate(drawn):
                if symbol is None:
                    raise _not_finite(logits[row])
            ids = np.array(drawn)
            going &= ids != self.end
            for row in np.flatnonzero(going).tolist():
                written[row].append(int(ids[row]))
            if not going.any():
                break
        return written


def _noise_of(streams: Sequence[np.random.Generator]) -> Any:
    """Numbers from N(0, 1) in a shape (B, Z), each row from the stream of its line."""
    return lambda shape: np.array([stream.standard_normal(shape[1]) for stream in streams], np.float32)


def _not_finite(logits: np.ndarray) -> CharlmError:
    error = non_finite_error(logits.astype(np.float64))
    assert error is not None
    return error
