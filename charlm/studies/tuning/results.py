"""What a search has found so far: its trials, the best of them, and how much each setting mattered.

Imports Optuna: import it late. Trains nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from charlm.studies.tuning.search_plan import plain

RESULT, TOO_LARGE = "result", "too large"
FEWEST = 10  # trials without which there is nothing to say about the importance of a setting
TARGET = 5  # trials that count as good ones, at least: fewer say too little (Watanabe et al. 2023)


@dataclass(frozen=True)
class TrialRow:
    """A trial that has ended. `nats` per character on the scored part; None with the reason `why` there is none.

    `feasible` is False if it broke a limit that the search was given.
    """

    number: int
    values: dict[str, object]
    nats: float | None
    why: str
    feasible: bool
    parameters: int | None
    seconds: float | None
    steps: int | None

    def is_better_than(self, other: TrialRow | None) -> bool:
        return self.feasible and self.nats is not None and (other is None or self.nats < (other.nats or math.inf))


def is_too_large(trial: FrozenTrial) -> bool:
    """Whether the trial was drawn and not trained, since its model has more parameters than are allowed."""
    return trial.state.is_finished() and bool(trial.user_attrs.get(RESULT, {}).get(TOO_LARGE))


def row_of(trial: FrozenTrial) -> TrialRow:
    """What is recorded of a trial that has ended."""
    result: dict[str, Any] = trial.user_attrs.get(RESULT, {})
    return TrialRow(
        number=trial.number,
        values={name: plain(value) for name, value in trial.params.items()},
        nats=trial.value if trial.state == TrialState.COMPLETE else None,
        why=str(result.get("why", "")),
        feasible=all(value <= 0 for value in trial.constraints.values()),
        parameters=result.get("parameters"),
        seconds=result.get("seconds"),
        steps=result.get("steps"),
    )


def rows_of(study: Study) -> list[TrialRow]:
    """The trials that were trained to their end or failed, in the order of their numbers."""
    trials = study.get_trials(deepcopy=False)
    return [row_of(each) for each in trials if each.state.is_finished() and not is_too_large(each)]


def running_elsewhere(study: Study) -> int:
    """How many trials are taken and not ended."""
    return len(study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)))


def best_of(rows: Sequence[TrialRow]) -> TrialRow | None:
    """The best that breaks no limit; the first of equal ones; None if there is none."""
    best: TrialRow | None = None
    for row in rows:
        best = row if row.is_better_than(best) else best
    return best


def importances(study: Study) -> dict[str, float]:
    """How much each setting mattered for being among the best trials, the most important first; they add up to 1.

    PED-ANOVA (Watanabe, Bansal and Hutter 2023). Empty if there are too few trials to say.
    """
    scored = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if len(scored) < FEWEST:
        return {}
    evaluator = optuna.importance.PedAnovaImportanceEvaluator(target_quantile=max(0.1, TARGET / len(scored)))
    return optuna.importance.get_param_importances(study, evaluator=evaluator)
