"""Decoding: from a model's logits to the probabilities of the next symbol, as pure functions. V symbols.

Knows no model, no vocabulary and no random generator. Logits are float64 (V,); a symbol that a rule excludes has -inf.
The code that runs for every symbol uses the cheapest spelling of numpy's functions: for a small model this part takes
longer than the model.

The rules apply in a fixed order, each to the result of the one before:

    repetition penalty -> temperature -> top-k -> top-p -> min-p -> softmax

The truncations come after the temperature, so they see the probabilities that are sampled from.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charlm.errors import IntegrityError, UsageError

Logits = NDArray[np.float64]
Probabilities = NDArray[np.float64]
Unnormalised = NDArray[np.float64]  # (V,) probabilities times a positive constant

# A smaller temperature is raised to this one: different logits are still infinitely far apart, and nothing overflows.
LEAST_TEMPERATURE = 1e-200
HOTTEST = 1_000_000  # all symbols are then equally likely, but for one that is never written (LanguageModel)


@dataclass(frozen=True)
class Decoding:
    """How the next symbol is chosen. None turns a rule off, as does a penalty of 1; temperature 0 is greedy.

    Raises UsageError, which names the option, if a value is out of range.
    """

    temperature: float = 0.8
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    repetition_penalty: float = 1.0
    repetition_window: int = 64  # the last symbols that the penalty applies to; the prompt counts

    def __post_init__(self) -> None:
        _require(
            0 <= self.temperature <= HOTTEST,
            "temperature",
            self.temperature,
            f"0 (greedy) or more, at most {HOTTEST:,}",
        )
        _require(self.top_k is None or self.top_k >= 1, "top-k", self.top_k, "a whole number from 1 on")
        _require(self.top_p is None or 0 < self.top_p <= 1, "top-p", self.top_p, "above 0 and at most 1")
        _require(self.min_p is None or 0 <= self.min_p <= 1, "min-p", self.min_p, "between 0 and 1")
        penalty = self.repetition_penalty
        _require(0.01 <= penalty <= 100, "repetition-penalty", penalty, "between 0.01 and 100, where 1 is none")
        _require(self.repetition_window >= 0, "repetition-window", self.repetition_window, "0 or more")

    @property
    def only_temperature(self) -> bool:
        """Whether a temperature above 0 is the only rule."""
        truncated = (self.top_k, self.top_p, self.min_p) != (None, None, None)
        return self.temperature > 0 and self.repetition_penalty == 1 and not truncated


def _require(holds: bool, option: str, value: object, expected: str) -> None:
    if not holds:
        raise UsageError(f"--{option} cannot be {value}", "in the options of sampling", f"Give a number {expected}.")


def penalised(logits: Logits, recent: Collection[int], penalty: float) -> Logits:
    """The logits with the symbols in `recent` made less likely: positive ones divided by the penalty, negative ones
    multiplied.

    Keskar et al. 2019, CTRL, section 4.1, which divides all of them; division would make negative ones likelier, so
    later implementations multiply these.
    """
    ids = np.unique(np.fromiter(recent, dtype=np.intp, count=len(recent)))
    result = logits.copy()
    seen = logits[ids]
    result[ids] = np.where(seen > 0, seen / penalty, seen * penalty)
    return result


def tempered(logits: Logits, temperature: float) -> Logits:
    """The logits divided by the temperature and shifted so that the largest is 0.

    Temperature 0 keeps only the largest; if several are equal, the first.
    """
    if temperature == 0:
        result = np.full_like(logits, -np.inf)
        result[np.argmax(logits)] = 0.0
        return result
    shifted: Logits = logits - logits[logits.argmax()]
    shifted /= max(temperature, LEAST_TEMPERATURE)
    return shifted


def top_k(logits: Logits, k: int) -> Logits:
    """Keep the k largest; of equal ones, the lower ids. (Fan et al. 2018, Hierarchical neural story generation.)"""
    return logits if k >= len(logits) else _only(logits, _descending(logits)[:k])


def top_p(logits: Logits, p: float) -> Logits:
    """Keep the smallest set of likeliest symbols whose probabilities add up to p or more; at least one is kept.

    Holtzman et al. 2019, The curious case of neural text degeneration.
    """
    if p >= 1:
        return logits  # a sum that is rounded up to 1 must not cut the tail
    order = _descending(logits)
    mass = softmax(logits)[order].cumsum()
    return _only(logits, order[: int(mass.searchsorted(p)) + 1])


def min_p(logits: Logits, p: float) -> Logits:
    """Keep the symbols at least p times as likely as the likeliest one. (Nguyen et al. 2024, Min-p sampling.)"""
    if p == 0:
        return logits
    return np.where(logits >= logits.max() + math.log(p), logits, -np.inf)


def softmax(logits: Logits) -> Probabilities:
    """(V,) logits, at least one of them finite, to (V,) probabilities."""
    powers = np.exp(logits - logits.max())
    normalised: Probabilities = powers / powers.sum()
    return normalised


def probabilities(logits: NDArray[np.floating], decoding: Decoding, recent: Collection[int] = ()) -> Probabilities:
    """(V,) logits of a model to (V,) probabilities of the next symbol; `recent` are the last ids of the text so far.

    Raises IntegrityError if a logit is not finite.
    """
    chances = unnormalised(logits, decoding, recent)
    normalised: Probabilities = chances / chances.sum()
    return normalised


def unnormalised(logits: NDArray[np.floating], decoding: Decoding, recent: Collection[int] = ()) -> Unnormalised:
    """The probabilities times a constant, so that the likeliest symbol has 1. Enough for drawing, and cheaper.

    Raises IntegrityError if a logit is not finite.
    """
    scores: Logits = logits.astype(np.float64)
    if error := non_finite_error(scores):
        raise error
    if decoding.repetition_penalty != 1 and recent:
        scores = penalised(scores, recent, decoding.repetition_penalty)
    scores = tempered(scores, decoding.temperature)
    if decoding.top_k is not None:
        scores = top_k(scores, decoding.top_k)
    if decoding.top_p is not None:
        scores = top_p(scores, decoding.top_p)
    if decoding.min_p is not None:
        scores = min_p(scores, decoding.min_p)
    powers: Unnormalised = np.exp(scores)
    return powers


def non_finite_error(scores: NDArray[np.floating]) -> IntegrityError | None:
    """The error for logits (V,) of which some are not finite, or None if all are."""
    # If there is a NaN, argmax and argmin both find it, and it compares as false.
    if -math.inf < scores[scores.argmin()] and scores[scores.argmax()] < math.inf:
        return None
    bad = np.count_nonzero(~np.isfinite(scores))
    return IntegrityError(
        "The model gave no usable scores",
        f"{bad} of {scores.size} are not finite numbers",
        "Sample from an earlier checkpoint; `charlm runs show` lists them.",
    )


def _descending(logits: Logits) -> NDArray[np.intp]:
    return np.argsort(-logits, kind="stable")


def _only(logits: Logits, ids: NDArray[np.intp]) -> Logits:
    result = np.full_like(logits, -np.inf)
    result[ids] = logits[ids]
    return result
