"""Decoding: from the scores a model gives to the one symbol that comes next, as pure functions. B rows, V symbols.

This file knows no model, no vocabulary and no random generator: logits come in, probabilities or an id go out, and
the one random number that is needed is an argument. Logits are float64 (V,); a symbol that a rule forbids has -inf.
What is done for every symbol spells numpy's functions the way that costs the least: it takes longer than the model.

The rules apply in one fixed order, each to what the one before it left:

    repetition penalty -> temperature -> top-k -> top-p -> min-p -> softmax

so the truncations look at the probabilities as they will be drawn from, after the temperature.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charlm.errors import IntegrityError, UsageError

Logits = NDArray[np.float64]
Probabilities = NDArray[np.float64]
Weights = NDArray[np.float64]  # (V,) probabilities times any one number

COLDEST = 1e-200  # a smaller temperature counts as this: scores that differ at all are as far apart, and none overflows


@dataclass(frozen=True)
class Decoding:
    """How the next symbol is chosen. None, and a penalty of 1, leave a rule out; temperature 0 is greedy.

    Raises UsageError naming the option whose value cannot be.
    """

    temperature: float = 0.8
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    repetition_penalty: float = 1.0
    repetition_window: int = 64  # symbols looked back at by the penalty, those of the prompt included

    def __post_init__(self) -> None:
        _require(0 <= self.temperature < math.inf, "temperature", self.temperature, "0 (greedy) or more, and finite")
        _require(self.top_k is None or self.top_k >= 1, "top-k", self.top_k, "a whole number from 1 on")
        _require(self.top_p is None or 0 < self.top_p <= 1, "top-p", self.top_p, "above 0 and at most 1")
        _require(self.min_p is None or 0 <= self.min_p <= 1, "min-p", self.min_p, "between 0 and 1")
        penalty = self.repetition_penalty
        _require(0.01 <= penalty <= 100, "repetition-penalty", penalty, "between 0.01 and 100, where 1 is none")
        _require(self.repetition_window >= 0, "repetition-window", self.repetition_window, "0 or more")

    @property
    def only_temperature(self) -> bool:
        """Whether all it asks for is one temperature above 0."""
        cut = (self.top_k, self.top_p, self.min_p) != (None, None, None)
        return self.temperature > 0 and self.repetition_penalty == 1 and not cut


def _require(holds: bool, option: str, value: object, expected: str) -> None:
    if not holds:
        raise UsageError(f"--{option} cannot be {value}", "in the options of sampling", f"Give a number {expected}.")


def penalised(logits: Logits, recent: Collection[int], penalty: float) -> Logits:
    """Symbols among `recent` made less likely: positive logits divided by the penalty, negative ones multiplied.

    Keskar et al. 2019, CTRL, section 4.1; the case of negative logits, which the division would make likelier, is
    the one that its users added.
    """
    ids = np.unique(np.fromiter(recent, dtype=np.intp, count=len(recent)))
    result = logits.copy()
    seen = logits[ids]
    result[ids] = np.where(seen > 0, seen / penalty, seen * penalty)
    return result


def tempered(logits: Logits, temperature: float) -> Logits:
    """Logits over the temperature, shifted so that the largest is 0. Temperature 0 leaves the first of the largest."""
    if temperature == 0:
        result = np.full_like(logits, -np.inf)
        result[np.argmax(logits)] = 0.0
        return result
    shifted: Logits = logits - logits[logits.argmax()]
    shifted /= max(temperature, COLDEST)
    return shifted


def top_k(logits: Logits, k: int) -> Logits:
    """The k largest; of equals the lower ids. (Fan et al. 2018, Hierarchical neural story generation.)"""
    return logits if k >= len(logits) else _only(logits, _descending(logits)[:k])


def top_p(logits: Logits, p: float) -> Logits:
    """The fewest of the likeliest symbols that together have probability p or more.

    Holtzman et al. 2019, The curious case of neural text degeneration. At least one symbol always stays.
    """
    if p >= 1:
        return logits  # nothing is cut; a sum that reaches 1 by rounding must not cut the tail
    order = _descending(logits)
    mass = softmax(logits)[order].cumsum()
    return _only(logits, order[: int(mass.searchsorted(p)) + 1])


def min_p(logits: Logits, p: float) -> Logits:
    """The symbols at least p times as likely as the likeliest one. (Nguyen et al. 2024, Min-p sampling.)"""
    if p == 0:
        return logits
    return np.where(logits >= logits.max() + math.log(p), logits, -np.inf)


def softmax(logits: Logits) -> Probabilities:
    """(V,) logits, at least one of them finite, to (V,) probabilities."""
    powers = np.exp(logits - logits.max())
    normalised: Probabilities = powers / powers.sum()
    return normalised


def probabilities(logits: NDArray[np.floating], decoding: Decoding, recent: Collection[int] = ()) -> Probabilities:
    """(V,) scores of a model to (V,) probabilities of the next symbol; `recent` are the last ids of the text so far.

    Raises IntegrityError where the model gave a score that is not finite.
    """
    chances = weights(logits, decoding, recent)
    normalised: Probabilities = chances / chances.sum()
    return normalised


def weights(logits: NDArray[np.floating], decoding: Decoding, recent: Collection[int] = ()) -> Weights:
    """The same, but for a sum of 1: the likeliest symbol weighs 1. It is what `draw` needs."""
    scores: Logits = logits.astype(np.float64)
    require_finite(scores)
    if decoding.repetition_penalty != 1 and recent:
        scores = penalised(scores, recent, decoding.repetition_penalty)
    scores = tempered(scores, decoding.temperature)
    if decoding.top_k is not None:
        scores = top_k(scores, decoding.top_k)
    if decoding.top_p is not None:
        scores = top_p(scores, decoding.top_p)
    if decoding.min_p is not None:
        scores = min_p(scores, decoding.min_p)
    powers: Weights = np.exp(scores)
    return powers


def require_finite(scores: NDArray[np.floating]) -> None:
    """Raises IntegrityError where nothing can be drawn from the scores (V,)."""
    if error := non_finite_error(scores):
        raise error


def non_finite_error(scores: NDArray[np.floating]) -> IntegrityError | None:
    """What is wrong with the scores (V,), if anything.

    The largest and the smallest tell of all: what is not a number is both.
    """
    if math.isfinite(scores.item(scores.argmax()) - scores.item(scores.argmin())):
        return None
    bad = np.count_nonzero(~np.isfinite(scores))
    if not bad:
        return None
    return IntegrityError(
        "The model gave no usable scores",
        f"{bad} of {scores.size} are not finite numbers",
        "Sample from an earlier checkpoint; `charlm runs show` lists them.",
    )


def draw(chances: Weights, u: float) -> int:
    """The id at `u`, uniform in [0, 1), on the cumulative sum of the chances. An id of chance 0 is never drawn."""
    cumulative = np.add.accumulate(chances)
    # The first id whose sum is above u times the total has added something to it. The largest float below 1, times
    # the total, still rounds to less than the total: there is always one.
    return int(cumulative.searchsorted(u * cumulative[-1], "right"))


def draw_rows(
    logits: NDArray[np.floating], decoding: Decoding, recent: Sequence[Collection[int]], us: NDArray[np.float64]
) -> list[int | IntegrityError]:
    """(B, V) scores to B ids, each the same as its row alone would give with its own `recent` and its own u of (B,).

    A row whose scores are not finite has the error in its place.
    """
    if decoding.only_temperature and np.isfinite(logits).all():
        scores = logits.astype(np.float64, order="C")
        scores -= scores.max(axis=1, keepdims=True)
        scores /= max(decoding.temperature, COLDEST)
        cumulative = np.add.accumulate(np.exp(scores), axis=1)
        places = us * cumulative[:, -1]
        drawn: list[int | IntegrityError] = np.count_nonzero(cumulative <= places[:, None], axis=1).tolist()
        return drawn
    return [_drawn(row, decoding, ids, u) for row, ids, u in zip(logits, recent, us, strict=True)]


def _drawn(logits: NDArray[np.floating], decoding: Decoding, recent: Collection[int], u: float) -> int | IntegrityError:
    try:
        return draw(weights(logits, decoding, recent), u)
    except IntegrityError as error:
        return error


def _descending(logits: Logits) -> NDArray[np.intp]:
    return np.argsort(-logits, kind="stable")


def _only(logits: Logits, ids: NDArray[np.intp]) -> Logits:
    result = np.full_like(logits, -np.inf)
    result[ids] = logits[ids]
    return result
