"""The best of a search, and what mattered."""

from __future__ import annotations

import optuna
import pytest

from charlm.studies.tuning.results import TrialRow, best_of, importances


def row(number, nats, feasible=True):
    return TrialRow(number, {}, nats, "" if nats else "diverged", feasible, 10, 1.0, 4)


def test_the_best_has_a_score_and_breaks_no_limit():
    rows = [row(0, None), row(1, 2.0), row(2, 1.0, feasible=False), row(3, 1.5), row(4, 1.5)]
    assert best_of(rows).number == 3, "the first of equal ones"
    assert best_of(rows[:1]) is None
    assert best_of([]) is None


def scored(trials):
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    for _ in range(trials):
        trial = study.ask()
        rate, size = trial.suggest_float("rate", 0, 1), trial.suggest_int("size", 1, 100)
        study.tell(trial, (rate - 0.5) ** 2 + size * 1e-6)
    return study


def test_what_decides_the_score_matters_most():
    shares = importances(scored(30))
    assert list(shares) == ["rate", "size"]
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["rate"] > 0.8


def test_few_trials_say_nothing_of_what_matters():
    assert importances(scored(9)) == {}
    assert importances(scored(10))
