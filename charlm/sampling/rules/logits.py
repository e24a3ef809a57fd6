"""The decoding rules, each a pure function on logits. V symbols.

Logits are float64 (V,); a symbol that a rule excludes has -inf, and some rule before may have excluded it already. At
least one is finite. The code that runs for every symbol uses the cheapest spelling of numpy's functions: for a small
model this part takes longer than the model. The kernels have the same rules (kernels/draw_rules.h) and draw the same,
so sums are added up in one order, from the first to the last. Knows no options and no order (decoding.py).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

Logits = NDArray[np.float64]
Probabilities = NDArray[np.float64]

# A smaller temperature is raised to this one: different logits are still infinitely far apart, and nothing overflows.
LEAST_TEMPERATURE = 1e-200


def biased(logits: Logits, bias: Mapping[int, float]) -> Logits:
    """The logits with the bias of each id added."""
    result = logits.copy()
    for symbol, amount in bias.items():
        result[symbol] += amount
    return result


def penalised(
    logits: Logits, recent: Collection[int], penalty: float, frequency: float = 0.0, presence: float = 0.0
) -> Logits:
    """The logits with the symbols in `recent` made less likely.

    First positive ones are divided by the penalty, and negative ones multiplied by it. (Keskar et al. 2019, CTRL,
    section 4.1, divide all of them; division would make negative ones likelier, so later implementations multiply
    these.) Then each loses the frequency penalty as often as it occurs, and the presence penalty once. All three are
    those of llama.cpp.
    """
    counts = np.bincount(np.fromiter(recent, dtype=np.intp, count=len(recent)))
    ids = counts.nonzero()[0]
    result = logits.copy()
    seen = logits[ids]
    if penalty != 1:
        seen = np.where(seen > 0, seen / penalty, seen * penalty)
    if frequency or presence:
        seen = seen - (counts[ids] * frequency + presence)
    result[ids] = seen
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
    return logits if k >= len(logits) else only(logits, descending(logits)[:k])


def top_p(logits: Logits, p: float) -> Logits:
    """Keep the smallest set of likeliest symbols whose probabilities add up to p or more; at least one is kept.

    Holtzman et al. 2019, The curious case of neural text degeneration.
    """
    if p >= 1:
        return logits  # a sum that is rounded up to 1 must not cut the tail
    order = descending(logits)
    mass = softmax(logits)[order].cumsum()
    return only(logits, order[: int(mass.searchsorted(p)) + 1])


def min_p(logits: Logits, p: float) -> Logits:
    """Keep the symbols at least p times as likely as the likeliest one. (Nguyen et al. 2024, Min-p sampling.)"""
    if p == 0:
        return logits
    return np.where(logits >= logits.max() + math.log(p), logits, -np.inf)


def typical(logits: Logits, p: float) -> Logits:
    """Keep the symbols whose surprise is nearest to the entropy, until their probabilities add up to more than p.

    The likeliest symbol may be among those that go. Of equally near ones, the lower ids are kept; at least one is.
    (Meister et al. 2022, Locally typical sampling; llama.cpp's `--typical`.)
    """
    if p >= 1:
        return logits
    chances = softmax(logits)
    possible = np.flatnonzero(chances)
    own, levels = chances[possible], logits[possible]
    # A surprise is a constant minus the logit, and the entropy that constant minus the mean logit.
    order = np.argsort(np.abs(levels - total(own * levels)), kind="stable")
    mass = own[order].cumsum()
    return only(logits, possible[order[: int(mass.searchsorted(p, "right")) + 1]])


def softmax(logits: Logits) -> Probabilities:
    """(V,) logits, at least one of them finite, to (V,) probabilities."""
    powers = np.exp(logits - logits.max())
    normalised: Probabilities = powers / total(powers)
    return normalised


def total(values: NDArray[np.float64]) -> np.float64:
    """The sum of (V,), V > 0, added up from the first to the last; numpy's own `sum` has another order."""
    last: np.float64 = np.add.accumulate(values)[-1]
    return last


def descending(logits: Logits) -> NDArray[np.intp]:
    """The ids from the largest logit to the smallest; of equal ones, the lower first."""
    return np.argsort(-logits, kind="stable")


def only(logits: Logits, ids: NDArray[np.intp]) -> Logits:
    """The logits of these ids, and -inf for the others."""
    result = np.full_like(logits, -np.inf)
    result[ids] = logits[ids]
    return result
