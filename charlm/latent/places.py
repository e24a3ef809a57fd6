"""Places of lines among the latents: lines on the way between two, and lines near one. Knows no files, no terminal.

For models whose latents belong to a line as a whole. Each line that is written from a place is the likeliest one,
symbol by symbol. Shape letters: N latents of a line, B rows, Z units.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from charlm.engines.choosing import run_with_numpy
from charlm.kernels.blas import one_blas_thread
from charlm.latent.lines import Lines, lines_of
from charlm.latent.model import WholeLineModel
from charlm.latent.writing import LatentWriter
from charlm.randomness import named_stream
from charlm.text.lanes import NO_TARGET

Latents = NDArray[np.float32]
TRIES = 40  # places that are tried for each line that is wanted
WIDEST = 4.0  # how much farther than usual draws the last tries go


def lines_from(texts: Sequence[Sequence[int]], end: int, like: np.ndarray) -> Lines:
    """Lines (T, B) from the ids of each."""
    steps = max(map(len, texts)) + 1
    targets = np.full((steps, len(texts)), NO_TARGET)
    inputs = np.full((steps, len(texts)), end)
    for row, ids in enumerate(texts):
        targets[: len(ids) + 1, row] = [*ids, end]
        inputs[1 : len(ids) + 1, row] = ids
    return lines_of(inputs, targets, like)


def place_of(model: WholeLineModel, lines: Lines, noise: Latents | None = None) -> Latents:
    """(N, B, Z) a draw from the posterior of each line; without noise, its mean."""
    steps, rows = lines.symbols.shape
    shape = (model.latents(steps), rows, model.settings.latent.size)
    with one_blas_thread():
        found: Latents = model.read(lines, np.zeros(shape, np.float32) if noise is None else noise, run_with_numpy).z
    return found


def between(
    model: WholeLineModel, writer: LatentWriter, first: Sequence[int], last: Sequence[int], steps: int
) -> list[list[int]]:
    """`steps` lines on the straight way from the mean latents of one line to those of another, both ends included."""
    ends = place_of(model, lines_from([first, last], writer.end, model.parameters["head.bias"]))
    share = np.linspace(0, 1, steps, dtype=np.float32)[None, :, None]
    places = (1 - share) * ends[:, :1] + share * ends[:, 1:]
    return writer.from_state(model.begin_from(places), steps, seed=0)


def near(
    model: WholeLineModel, writer: LatentWriter, line: Sequence[int], count: int, seed: int
) -> Iterator[list[int]]:
    """Up to `count` different lines near this one, which is none of them: from farther and farther draws around it."""
    stream, seen, at_once = named_stream(seed, "near"), {tuple(line), ()}, 32
    lines = lines_from([line] * at_once, writer.end, model.parameters["head.bias"])
    shape = (model.latents(lines.symbols.shape[0]), at_once, model.settings.latent.size)
    blocks = max(2, -(-count * TRIES // at_once))
    for block in range(blocks):
        wider = np.float32(1 + (WIDEST - 1) * block / (blocks - 1))
        noise = wider * stream.standard_normal(shape).astype(np.float32)
        for found in writer.from_state(model.begin_from(place_of(model, lines, noise)), at_once, seed=0):
            if tuple(found) not in seen:
                seen.add(tuple(found))
                yield found
            if len(seen) == count + 2:
                return
