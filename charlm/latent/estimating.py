"""The bound of a text's lines under a model, with numpy: ln p(x) can only be bounded from below. Knows no files.

Draws come from a stream of their own, so a text has the same bound each time. Shape letters: T time, B rows, K draws, R
lines, N latents of a line, Z units.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from charlm.engines.choosing import run_with_numpy
from charlm.kernels.blas import one_blas_thread
from charlm.latent.bounds import COLLAPSED, Values, active_units, bound_with
from charlm.latent.lines import Lines, lines_of
from charlm.latent.model import LatentModel
from charlm.latent.particles import particle_bound
from charlm.latent.stepwise import StepwiseModel
from charlm.randomness import named_stream
from charlm.text.records.record_lanes import RecordLanes

ROWS = 64  # lines that are read together
MOST_ROWS = 1024  # of lines times draws
WHOLE = 10**9  # no line is cut
BITS = math.log(2)


@dataclass(frozen=True, eq=False)
class Estimate:
    """Upper bounds of the nats of a text, by the number of draws; the rest is of single draws.

    `divergence` are nats of KL, `units` the latent's and `active` those of them that are used.
    """

    nats: Mapping[int, float]
    divergence: float
    characters: int
    lines: int
    active: int
    units: int

    def bits(self, draws: int) -> float:
        """At most so many bits per character, with this number of draws."""
        return self.nats[draws] / self.characters / BITS

    @property
    def divergence_bits(self) -> float:
        """KL in bits per character."""
        return self.divergence / self.characters / BITS

    @property
    def collapsed(self) -> bool:
        """Whether the model has learnt to do without its latents."""
        return self.divergence_bits < COLLAPSED


def estimate(
    model: LatentModel,
    ids: npt.NDArray[Any],
    end: int,
    draws: Sequence[int],
    seed: int = 0,
    *,
    as_particles: bool = False,
    tell: Callable[[int], object] = lambda done: None,
) -> Estimate:
    """The bounds of the lines of a text (N,), each of which ends with `end`, with each of these numbers of draws.

    The largest number is drawn, and the others are its divisors: their bounds are means over groups of it. With
    `as_particles`, draws are particles that are resampled, for a model with a latent for each symbol; each number is
    then drawn by itself. `tell` hears the number of characters that were read so far.
    """
    stream = named_stream(seed, "bound")
    nats = dict.fromkeys(draws, 0.0)
    divergence, characters, count, means = 0.0, 0, 0, []
    for lines in whole_lines(ids, end, model.parameters["head.bias"]):
        real = lines.lengths > 0
        most = 1 if as_particles else max(draws)
        log_weights, kl, mean = _draws(model, lines, most, stream)
        for number in draws:
            if as_particles and number > 1:
                assert isinstance(model, StepwiseModel)
                found = particle_bound(model, lines, number, stream)
            else:
                found = bound_with(log_weights, number)
            nats[number] -= float(found[real].sum())
        divergence += kl
        characters += int(lines.lengths.sum())
        count += int(real.sum())
        means.append(mean)
        tell(characters)
    return Estimate(
        nats, divergence, characters, count, active_units(np.concatenate(means)), model.settings.latent.size
    )


def whole_lines(ids: npt.NDArray[Any], end: int, like: np.ndarray) -> Iterator[Lines]:
    """All lines of a text, some at a time, each whole; in the order of a first epoch."""
    reader = RecordLanes(ids, end, ROWS, WHOLE, seed=0)
    for position in range(reader.windows_per_epoch):
        batch = reader.at(position)
        yield lines_of(batch.inputs, batch.targets, like)


def tiled(lines: Lines, times: int) -> Lines:
    """Each line so many times: all of them, and again."""
    return Lines(*(np.tile(part, (1, times)) for part in lines))


def _draws(
    model: LatentModel, lines: Lines, draws: int, stream: np.random.Generator
) -> tuple[Values, float, npt.NDArray[Any]]:
    """The ln w (K, B) of so many draws, the nats of KL of a mean draw, and posterior means (M, Z) of some draws."""
    steps, rows = lines.symbols.shape
    at_once = max(1, min(draws, MOST_ROWS // rows))
    log_weights: list[Values] = []
    divergence, means = 0.0, None
    while len(log_weights) < draws:
        times = min(at_once, draws - len(log_weights))
        noise = stream.standard_normal((model.latents(steps), rows * times, model.settings.latent.size))
        with one_blas_thread():
            reading = model.read(tiled(lines, times), noise.astype(np.float32), run_with_numpy)
        log_weights += list(reading.log_weights.astype(np.float64).reshape(times, rows))
        divergence += float(reading.divergence.sum(dtype=np.float64)) / draws
        if means is None:
            means = _of_places(model, reading.means[:, :rows], lines)
    assert means is not None
    return np.array(log_weights), divergence, means


def _of_places(model: LatentModel, means: npt.NDArray[Any], lines: Lines) -> npt.NDArray[Any]:
    """Means (N, B, Z) of latents that belong to a line, or to a symbol of it, as (M, Z)."""
    there = lines.there if isinstance(model, StepwiseModel) else np.broadcast_to(lines.there[:1], means.shape[:2])
    found: npt.NDArray[Any] = means[there > 0]
    return found.astype(np.float64)
