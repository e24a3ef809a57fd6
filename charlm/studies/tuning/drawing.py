"""Draws the values of each trial: Optuna's tree of Parzen estimators, with a seed of its own for each trial.

Optuna stores trials and not its sampler. Here what a trial gets depends on the seed, on its number and on the trials
before it alone, so that a search that was killed goes on with the draws that it would have made. The first trial gets
the preset's own values. Imports Optuna: import it late.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import BaseSampler, TPESampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from charlm.randomness import named_stream
from charlm.studies.tuning.space import Dimension, Space, is_whole

SEEDS = 2**32  # what numpy's RandomState, and so Optuna, takes


Distribution = CategoricalDistribution | FloatDistribution | IntDistribution


def distributions_of(space: Space) -> dict[str, Distribution]:
    """The space in Optuna's terms."""
    return {name: _distribution(name, dimension) for name, dimension in space.settings.items()}


def _distribution(name: str, dimension: Dimension) -> Distribution:
    if dimension.values is not None:
        return CategoricalDistribution(dimension.values)
    low, high, step = dimension.low, dimension.high, dimension.step
    assert low is not None
    assert high is not None
    if is_whole(name, dimension):
        return IntDistribution(int(low), int(high), log=dimension.log, step=int(step or 1))
    return FloatDistribution(float(low), float(high), log=dimension.log, step=step)


class DrawnByNumber(BaseSampler):
    """`start` are the values of the first trial; what it lacks is drawn."""

    def __init__(self, seed: int, start: Mapping[str, object]) -> None:
        self._seed, self._start = seed, start

    def _sampler(self, trial: FrozenTrial) -> TPESampler:
        return TPESampler(seed=int(named_stream(self._seed, "tune", trial.number).integers(SEEDS)))

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        return {} if trial.number == 0 else self._sampler(trial).infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        return self._sampler(trial).sample_relative(study, trial, search_space) if search_space else {}

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        if trial.number == 0 and param_name in self._start:
            return self._start[param_name]
        seed = int(named_stream(self._seed, "tune", trial.number, param_name).integers(SEEDS))
        return TPESampler(seed=seed).sample_independent(study, trial, param_name, param_distribution)

    def after_trial(self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None) -> None:
        self._sampler(trial).after_trial(study, trial, state, values)
