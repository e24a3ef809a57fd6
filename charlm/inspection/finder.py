"""Finds the units that track a property of the text, and says which could be chance. Knows no command and no torch.

The text is cut in two. In the first half a unit gets its direction (high where the property holds, or low); in the
second its score:

    a property that holds or not    the area under the ROC curve: the probability that the unit is higher where it
                                    holds than where not; 0.5 is nothing, 1 everything (evaluation/roc.py has sources)
    a property that is a number     the correlation with the unit (Pearson)

Neighbours in a text are alike, so a score that looks high may be chance, and the best of hundreds of units is high by
choice. So the same property is also shifted along the text, as a circle, by twenty random distances: it keeps its form,
and loses its tie to the units. The level is the highest score that any unit gets with any of the shifts, in either
direction. Only units above it are found. Under chance, a property passes once in twenty-one at most.

Above chance is not yet learned: the state of any network echoes the last characters, and so it goes with whatever they
say. So the best unit of the same network before its training can be asked for, too, and only those are found that are
above it by a margin.

To be quick, values are ranked once, in 256 steps: a unit's areas are then products of counts.

Shape letters: N characters, M those of a half, U units, S shifts and one, Q steps of value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from charlm.inspection.probes import Found, Probe
from charlm.inspection.recorded_values import Recorded
from charlm.inspection.value_names import Unit
from charlm.randomness import named_stream

SHIFTS = 20
LEAST = 2000  # characters of a half
FEWEST = 20  # characters at which a property has to hold, and has to not hold, in each half
MOST = 60_000  # characters of a half that are used, spread over it
MARGIN = 0.01  # of a score above that of the untrained network
STEPS = 256  # of a value, by rank

Kind = Literal["area", "correlation"]
Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Tracking:
    """A unit with its score for a property; `sign` is -1 if the unit is low where it holds."""

    unit: Unit
    score: float
    sign: int


@dataclass(frozen=True)
class ProbeResult:
    """What was found for a probe. `share` is where it holds, or its mean; `problem` says why it could not be used.

    `level` is what chance gives, `echo` the best unit of the untrained network, 0 if that was not asked for.
    """

    probe: Probe
    kind: Kind
    share: float
    level: float
    echo: float
    units: tuple[Tracking, ...]  # those above the level and the echo, the best first
    best: Tracking | None  # the best of all, above them or not
    problem: str = ""


def find_units(
    recorded: Recorded,
    text: str,
    places: npt.NDArray[np.int64],
    probes: Iterable[Probe],
    untrained: Recorded | None = None,
    seed: int = 0,
    told: Callable[[str], None] = lambda name: None,
) -> list[ProbeResult]:
    """The result of each probe of the text. `places` (N,) has the row of `recorded` for each code point of the text.

    `untrained` has the values of the network before its training, over the same text. Raises nothing for a
    probe that never holds: its result has a problem. The text has at least 2 * LEAST characters.
    """
    half = len(places) // 2
    halves = [_spread(0, half), _spread(half, len(places))]
    values = [_Ranked.of(recorded, places[which]) for which in halves]
    others = [_Ranked.of(untrained, places[which]) for which in halves] if untrained else None
    results = []
    for probe in probes:
        told(probe.name)
        found = probe.find(text)
        results.append(_result(probe, [found[which] for which in halves], values, others, recorded.units, seed))
    return results


def _spread(first: int, stop: int) -> npt.NDArray[np.int64]:
    """The numbers of up to MOST characters of a half, in order."""
    return np.unique(np.linspace(first, stop - 1, min(MOST, stop - first)).astype(np.int64))


@dataclass(frozen=True, eq=False)
class _Ranked:
    """The values of a half, as ranks in steps (M, U) uint8, and standardised (M, U) float32."""

    steps: npt.NDArray[np.uint8]
    standard: npt.NDArray[np.float32]

    @classmethod
    def of(cls, recorded: Recorded, rows: npt.NDArray[np.int64]) -> _Ranked:
        count = len(recorded.units)
        steps = np.empty((len(rows), count), np.uint8)
        standard = np.empty((len(rows), count), np.float32)
        place = 0
        for array in recorded.arrays:
            own = np.asarray(array[rows])
            for first in range(0, own.shape[1], 32):
                part = own[:, first : first + 32].astype(np.float32)
                mean, deviation = part.mean(axis=0, dtype=np.float64), part.std(axis=0, dtype=np.float64)
                width = part.shape[1]
                standard[:, place : place + width] = (part - mean) / np.maximum(deviation, 1e-9)
                for column in range(width):
                    steps[:, place + column] = _steps(own[:, first + column])
                place += width
        return cls(steps, standard)


def _steps(values: npt.NDArray[np.float16]) -> npt.NDArray[np.uint8]:
    """The steps (M,) of values (M,) by rank, about as many values in each. Float16 has so few values that ranks are
    looked up: its bits are in the order of the values, but for the sign."""
    bits = np.ascontiguousarray(values).view(np.uint16)
    keys = bits ^ np.where(bits < 0x8000, np.uint16(0x8000), np.uint16(0xFFFF))
    limits = np.sort(keys)[(np.arange(1, STEPS) * len(keys)) // STEPS]
    ranks = np.cumsum(np.bincount(limits, minlength=1 << 16)).astype(np.uint8)
    return np.asarray(ranks[keys])


def _result(
    probe: Probe,
    found: Sequence[Found],
    values: Sequence[_Ranked],
    untrained: Sequence[_Ranked] | None,
    units: Sequence[Unit],
    seed: int,
) -> ProbeResult:
    binary = found[0].dtype == np.bool_
    kind: Kind = "area" if binary else "correlation"
    share = float(np.nanmean(np.concatenate(found))) if np.isfinite(np.concatenate(found)).any() else 0.0
    problem = _problem(found, binary)
    if problem:
        return ProbeResult(probe, kind, share, 0.0, 0.0, (), None, problem)
    rng = named_stream(seed, "shifts", probe.name)
    size = len(found[1])
    shifts = [0, *rng.integers(size // 20, size - size // 20, SHIFTS).tolist()]
    shifted = np.stack([np.roll(found[1], shift) for shift in shifts])  # (S, M)
    score = _areas if binary else _correlations
    direction = np.sign(score(found[0][None], values[0])[0])
    scores = score(shifted, values[1])  # (S, U), -1 to 1, 0 is nothing
    level, own, echo = float(np.abs(scores[1:]).max()), scores[0] * direction, 0.0
    if untrained:
        before = np.sign(score(found[0][None], untrained[0])[0])
        echo = max(0.0, float((score(found[1][None], untrained[1])[0] * before).max()))

    def shown(value: float) -> float:
        return (1 + value) / 2 if binary else value

    order = np.argsort(-own, kind="stable").tolist()
    ranked = [Tracking(units[n], shown(float(own[n])), int(direction[n]) or 1) for n in order]
    least = max(shown(level), shown(echo) + MARGIN) if untrained else shown(level)
    above = tuple(one for one in ranked if one.score > least)
    return ProbeResult(probe, kind, share, shown(level), shown(echo) if untrained else 0.0, above, ranked[0])


def _problem(found: Sequence[Found], binary: bool) -> str:
    for half, which in zip(found, ("first", "second"), strict=True):
        if binary:
            count = int(half.sum())
            if count < FEWEST:
                return f"it holds at {count} characters of the {which} half of the text; {FEWEST} are needed"
            if len(half) - count < FEWEST:
                return f"it holds nearly everywhere in the {which} half of the text"
        else:
            known = half[np.isfinite(half)]
            if len(known) < 10 * FEWEST or float(known.std()) < 1e-9:
                return f"it has no two values in the {which} half of the text"
    return ""


def _areas(found: npt.NDArray[np.bool_], values: _Ranked) -> npt.NDArray[np.float64]:
    """Twice the area under the ROC curve less 1, for rows of a property (S, M): (S, U)."""
    total = float(found[0].sum())
    rarer = 2 * total <= found.shape[1]  # the fewer are counted, and the others are the rest
    counted = [np.flatnonzero(row if rarer else ~row) for row in found]
    result = np.empty((len(found), values.steps.shape[1]))
    for unit in range(values.steps.shape[1]):
        own = np.ascontiguousarray(values.steps[:, unit])
        every = np.bincount(own, minlength=STEPS).astype(np.float64)
        few = np.stack([np.bincount(own[row], minlength=STEPS) for row in counted]).astype(np.float64)  # (S, Q)
        hits, misses = (few, every - few) if rarer else (every - few, few)
        below = np.cumsum(misses, axis=1) - misses / 2
        result[:, unit] = 2 * (hits * below).sum(axis=1) / (total * (found.shape[1] - total)) - 1
    return result


def _correlations(found: Floats, values: _Ranked) -> npt.NDArray[np.float64]:
    """Pearson's correlation with each unit, over the characters at which a row of numbers (S, M) has one: (S, U)."""
    known = np.isfinite(found)
    count = known.sum(axis=1, dtype=np.float64)[:, None]
    numbers = np.where(known, found, 0.0)
    mean = numbers.sum(axis=1, keepdims=True) / count
    centred = np.where(known, found - mean, 0.0).astype(np.float32)
    deviation = np.sqrt((centred.astype(np.float64) ** 2).sum(axis=1, keepdims=True) / count)
    spread: Any = 1.0  # of units that are standardised over all characters
    if not known.all():
        weights = known.astype(np.float32)
        sums = weights @ values.standard / count
        spread = np.sqrt(np.maximum(weights @ values.standard**2 / count - sums**2, 1e-12))
    return np.asarray((centred @ values.standard) / count / np.maximum(deviation, 1e-12) / spread, np.float64)
