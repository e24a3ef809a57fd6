"""Means, standard errors and paired differences with intervals of Student's t. Knows no study."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace

# Two-sided 95 % quantiles of Student's t for 1 to 30 degrees of freedom: NIST/SEMATECH e-Handbook of Statistical
# Methods, table 1.3.6.7.2, column 0.975.
T_95 = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
    2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip


@dataclass(frozen=True)
class Mean:
    """A mean of `count` values, its standard error, and its 95 % interval; these are None for a single value."""

    mean: float
    error: float | None
    low: float | None
    high: float | None
    count: int

    def within(self, least: float, most: float) -> Mean:
        """The same mean with the interval cut off at the range that the values can have."""
        if self.low is None or self.high is None:
            return self
        return replace(self, low=min(max(self.low, least), most), high=max(min(self.high, most), least))

    def excludes(self, value: float) -> bool:
        """Whether there is an interval, and the value lies outside it."""
        return self.low is not None and self.high is not None and not self.low <= value <= self.high


def t_quantile(freedom: int) -> float:
    """The 97.5 % quantile for the degrees of freedom; beyond 30 that of 30, which is a little too wide."""
    return T_95[min(freedom, len(T_95)) - 1]


def mean_of(values: Sequence[float]) -> Mean:
    """The mean of at least one value."""
    middle, count = statistics.fmean(values), len(values)
    if count < 2:
        return Mean(middle, None, None, None, count)
    error = statistics.stdev(values) / math.sqrt(count)
    reach = t_quantile(count - 1) * error
    return Mean(middle, error, middle - reach, middle + reach, count)


def paired_difference(values: Sequence[float], baseline: Sequence[float]) -> Mean:
    """The mean difference from the baseline, seed by seed, which cancels the variation that is due to the seed."""
    return mean_of([value - other for value, other in zip(values, baseline, strict=True)])


def paired_ratio(values: Sequence[float], baseline: Sequence[float]) -> Mean:
    """The geometric mean of the ratios, seed by seed; its standard error is relative."""
    logs = mean_of([math.log(value / other) for value, other in zip(values, baseline, strict=True)])
    low, high = (None if each is None else math.exp(each) for each in (logs.low, logs.high))
    return Mean(math.exp(logs.mean), logs.error, low, high, logs.count)
