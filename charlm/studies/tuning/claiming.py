"""Takes the next trial of a search: one that a killed process left, or a new one. Imports Optuna: import it late.

A trial is taken under one lock, and its own lock is held while it trains. The system frees both when a process ends, so
a trial that is running and whose lock is free was left by a process that was killed: it is taken with its values, and
its run is resumed. Trains nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from filelock import BaseFileLock
from optuna.distributions import CategoricalDistribution, IntDistribution
from optuna.study import Study
from optuna.trial import Trial, TrialState

from charlm.errors import UsageError
from charlm.studies.tuning.drawing import DrawnByNumber, distributions_of
from charlm.studies.tuning.journal import open_study
from charlm.studies.tuning.results import is_too_large
from charlm.studies.tuning.search_folder import SearchFolder
from charlm.studies.tuning.search_plan import SearchPlan, plain

MOST_DRAWN = 20  # for each trial that is wanted: so many models may be drawn, and found to be too large


@dataclass(frozen=True)
class Claimed:
    """A trial that this process alone trains. `left` is True if another process began it."""

    trial: Trial
    values: dict[str, object]  # by dotted name of the setting
    left: bool

    @property
    def number(self) -> int:
        """Counted from 0 in the order in which trials were drawn."""
        return self.trial.number


class Search:
    """A search whose journal is open."""

    def __init__(self, plan: SearchPlan, home: SearchFolder) -> None:
        self.plan, self.home = plan, home
        self._distributions = distributions_of(plan.space)
        with home.claiming():
            self.study: Study = open_study(home.journal, DrawnByNumber(plan.seed, plan.start))

    @contextmanager
    def claim(self, wanted: int) -> Iterator[Claimed | None]:
        """A trial to train, or None if `wanted` trials are finished or are trained by other processes.

        Models that were drawn and were too large do not count. Raises UsageError if there is nearly nothing else.
        """
        lock, claimed = self._take(wanted)
        try:
            yield claimed
        finally:
            if lock is not None:
                lock.release()

    def _take(self, wanted: int) -> tuple[BaseFileLock | None, Claimed | None]:
        with self.home.claiming():
            trials = self.study.get_trials(deepcopy=False)
            for each in trials:
                if each.state == TrialState.RUNNING and (lock := self._hold_if_left(each.number)):
                    # the constructor is what `ask` calls too: values that are in the journal are not drawn again
                    return lock, self._drawn(Trial(self.study, each._trial_id), left=True)
            if sum(not is_too_large(each) for each in trials) >= wanted:
                return None, None
            if len(trials) >= MOST_DRAWN * wanted:
                raise UsageError(
                    f"Of {len(trials):,} models that were drawn, {sum(map(is_too_large, trials)):,} were too large",
                    f"--at-most-parameters {self.plan.asked.at_most_parameters}",
                    "Give a larger number, or a space of smaller models: --space FILE.",
                )
            trial = self.study.ask()
            held = self.home.hold(trial.number)
            return held, self._drawn(trial, left=False)

    def _hold_if_left(self, number: int) -> BaseFileLock | None:
        """The lock of a running trial if nobody has it; None too if the trial has ended a moment ago."""
        lock = self.home.hold(number)
        if lock is not None and self.study.get_trials(deepcopy=False)[number].state != TrialState.RUNNING:
            lock.release()
            return None
        return lock

    def _drawn(self, trial: Trial, left: bool) -> Claimed:
        """The trial with a value for each setting."""
        for name, each in self._distributions.items():
            if isinstance(each, CategoricalDistribution):
                trial.suggest_categorical(name, each.choices)
            elif isinstance(each, IntDistribution):
                trial.suggest_int(name, each.low, each.high, step=each.step, log=each.log)
            else:
                trial.suggest_float(name, each.low, each.high, step=each.step, log=each.log)
        return Claimed(trial, {name: plain(trial.params[name]) for name in self._distributions}, left)
