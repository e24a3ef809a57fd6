"""What DRAW's canvas shows after each round. Knows no files and no terminal.

Shape letters: S rounds, N places, V symbols, Z units.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charlm.cells.arrays import softmax
from charlm.kernels.blas import one_blas_thread
from charlm.latent.draw import DrawModel
from charlm.latent.places import lines_from
from charlm.latent.symbol_nats import symbol_nats
from charlm.randomness import named_stream


@dataclass(frozen=True, eq=False)
class CanvasRounds:
    """Of each canvas, that of the start first: the likeliest symbols (S + 1, N), their probabilities (S + 1, N), and
    the bits of the line on it, (S + 1,); None for a line that is made up. `chances` (S + 1, N, V) are all of them.
    """

    symbols: NDArray[np.int64]
    shares: NDArray[np.float64]
    chances: NDArray[np.float64]
    bits: NDArray[np.float64] | None


def canvas_of(model: DrawModel, ids: Sequence[int], end: int) -> CanvasRounds:
    """The canvas while the model looks at a line, with the means of its latents. The line ends within N places."""
    lines = lines_from([ids], end, model.parameters["head.bias"])
    size = model.settings.latent.size
    with one_blas_thread():
        rounds = list(model.rounds(1, lambda number: np.zeros((1, size), np.float32), lines))
    canvases = [_start(model), *(each.canvas[0] for each in rounds)]
    length = len(ids) + 1
    bits = [float(symbol_nats(canvas[:length], lines.symbols[:, 0]).sum()) / math.log(2) for canvas in canvases]
    return _rounds([canvas[:length] for canvas in canvases], np.array(bits))


def canvas_by_chance(model: DrawModel, end: int, seed: int) -> CanvasRounds:
    """The same of a line that the model makes up, as far as the likeliest end on the last canvas."""
    stream, size = named_stream(seed, "canvas"), model.settings.latent.size
    with one_blas_thread():
        rounds = list(model.rounds(1, lambda number: stream.standard_normal((1, size)).astype(np.float32)))
    canvases = [_start(model), *(each.canvas[0] for each in rounds)]
    ends = np.flatnonzero(canvases[-1].argmax(-1) == end)
    length = int(ends[0]) + 1 if len(ends) else len(canvases[-1])
    return _rounds([canvas[:length] for canvas in canvases], None)


def _start(model: DrawModel) -> np.ndarray:
    bias = model.parameters["head.bias"]
    return np.tile(bias, (model.settings.latent.canvas, 1))


def _rounds(canvases: Sequence[np.ndarray], bits: NDArray[np.float64] | None) -> CanvasRounds:
    chances = softmax(np.array(canvases, np.float64))
    return CanvasRounds(chances.argmax(-1), chances.max(-1), chances, bits)
