"""A search from its first trial to its last: interrupted, shared, limited, and always with the same draws."""

from __future__ import annotations

import threading

import pytest
from optuna.trial import TrialState

from charlm.errors import UsageError
from charlm.studies.one_training import Ended
from charlm.studies.tuning import running
from charlm.studies.tuning.results import best_of, rows_of
from charlm.studies.tuning.running import TrialEnded, TrialStarted, TrialTraining, TuneInterrupted, run_search
from charlm.training.events import Finished, Saved, Updated

LINES = "".join(f"the {owl} went out for {mice},\n" for owl in ("owl", "fox", "cat") for mice in ("mice", "rice"))
TRIALS = 13  # more than Optuna draws at random: the last three come from what the others have scored


def never():
    return False


def draws_and_scores(search):
    return [(row.number, row.values, row.nats) for row in rows_of(search.study)]


def ended_with(nats, seconds=1.0):
    return Finished("length", 4, seconds, 256, 2.0, 4, nats, nats)


@pytest.fixture
def fake(monkeypatch):
    """Trainings that take no time: the score is computed from the settings."""

    def trained(settings, corpus, run, wrap, stop, save):
        yield wrap(Updated(1, 1.0, 0.1, 1.0, 0.1, 1.0, 64, 0.1, 640.0, 1.0))
        nats = settings.model.hidden_size / 10 + settings.model.dropout
        return Ended(run, ended_with(nats))

    monkeypatch.setattr(running, "train_run", trained)


def test_a_search_that_is_killed_again_and_again_makes_the_draws_of_one_that_is_not(search_in, tmp_path, fake):
    """A generator that is closed leaves what SIGKILL leaves: a trial that is running, and whose lock is free."""
    whole = search_in(tmp_path / "whole")
    list(run_search(whole, TRIALS, never))
    assert len(draws_and_scores(whole)) == TRIALS
    killed = search_in(tmp_path / "killed")
    for kills in range(0, TRIALS, 3):
        for event in (events := run_search(killed, TRIALS, never)):
            if isinstance(event, TrialTraining) and event.number >= kills:
                events.close()
        assert sum(each.state == TrialState.RUNNING for each in killed.study.trials) == 1
        killed = search_in(tmp_path / "killed")  # as another process opens it
    events = list(run_search(killed, TRIALS, never))
    assert next(event.left for event in events if isinstance(event, TrialStarted))
    assert draws_and_scores(killed) == draws_and_scores(whole)


def test_another_seed_makes_other_draws_and_the_same_one_the_same(search_in, tmp_path, fake):
    drawn = []
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        search = search_in(tmp_path / name)
        search.study.sampler._seed = seed
        list(run_search(search, 3, never))
        drawn.append([row.values for row in rows_of(search.study)])
    assert drawn[0] == drawn[1]
    assert drawn[0][1:] != drawn[2][1:]
    start = {"training.learning_rate": 0.01, "model.cell": "lstm"}  # of the preset
    assert all(start.items() <= values[0].items() for values in drawn)


def test_a_kill_while_values_are_drawn_changes_nothing(search_in, tmp_path, fake, monkeypatch):
    whole, cut = search_in(tmp_path / "whole"), search_in(tmp_path / "cut")
    list(run_search(whole, TRIALS, never))
    list(run_search(cut, TRIALS - 1, never))
    suggested = []

    def killed(trial, *given, **named):
        suggested.append(given)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("optuna.trial.Trial.suggest_categorical", killed)
        with pytest.raises(KeyboardInterrupt):
            list(run_search(cut, TRIALS, never))
    assert suggested
    assert 0 < len(cut.study.trials[-1].params) < 4, "the journal has some of its values"
    list(run_search(search_in(tmp_path / "cut"), TRIALS, never))
    assert draws_and_scores(cut) == draws_and_scores(whole)


def test_trainings_that_are_interrupted_go_on_to_the_same_scores(search_in, tmp_path):
    whole, cut = search_in(tmp_path / "whole"), search_in(tmp_path / "cut")
    list(run_search(whole, 3, never))
    seen = []
    for event in run_search(cut, 3, lambda: len(seen) == 6):  # in the second trial
        if isinstance(event, TrialTraining) and isinstance(event.event, Updated):
            seen.append(event)
    assert event == TuneInterrupted()
    assert len(draws_and_scores(cut)) == 1
    list(run_search(search_in(tmp_path / "cut"), 3, never))
    assert draws_and_scores(cut) == draws_and_scores(whole)
    assert len({row.nats for row in rows_of(whole.study)}) == 3


def test_the_validation_is_never_read(search_in, tmp_path):
    """Its characters in another order, and the test split's: the trials have the same scores to the last bit."""
    text = LINES * 12
    first = int(len(text) * 0.9)
    found = []
    for name, changed in (("as-it-is", text), ("altered", text[:first] + "".join(sorted(text[first:])))):
        search = search_in(tmp_path / name, text=changed)
        list(run_search(search, 3, never))
        found.append(draws_and_scores(search))
    assert found[0] == found[1]


def test_several_processes_share_the_trials(search_in, tmp_path, fake):
    """Each thread has the search open as a process of its own would; a lock is for one file handle."""
    home, ended = tmp_path / "shared", []
    searches = [search_in(home) for _ in range(3)]

    def work(search):
        ended.extend(event.row.number for event in run_search(search, 12, never) if isinstance(event, TrialEnded))

    threads = [threading.Thread(target=work, args=(search,)) for search in searches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ended) == list(range(12)), "each trial by one of them"
    assert len(draws_and_scores(search_in(home))) == 12


def test_models_that_are_too_large_are_not_trained_and_do_not_count(search_in, tmp_path):
    search = search_in(tmp_path / "small", at_most_parameters=700)
    events = list(run_search(search, 4, never))
    assert sum(isinstance(event, TrialStarted) for event in events) == 4
    rows = rows_of(search.study)
    assert all(row.parameters <= 700 and row.feasible for row in rows)
    large = [event.row for event in events if isinstance(event, TrialEnded) and event.row.nats is None]
    assert large, "the first trial, or one of those that are drawn at random, is"
    assert all(row.parameters > 700 and not row.feasible and "are more than 700" in row.why for row in large)


def test_a_space_without_small_models_is_said_to_be_one(search_in, tmp_path):
    with pytest.raises(UsageError, match="models that were drawn, 20 were too large"):
        list(run_search(search_in(tmp_path / "none", at_most_parameters=10), 1, never))


def test_a_trial_that_takes_too_long_is_never_the_best(search_in, tmp_path, monkeypatch):
    def trained(settings, corpus, run, wrap, stop, save):
        yield wrap(Saved(1, run, False))
        width = settings.model.hidden_size
        return Ended(run, ended_with(3.0 - width / 10, seconds=float(width)))

    monkeypatch.setattr(running, "train_run", trained)
    search = search_in(tmp_path / "slow", at_most_seconds=8.0)
    list(run_search(search, TRIALS, never))
    rows = rows_of(search.study)
    assert any(not row.feasible for row in rows)
    best = best_of(rows)
    assert best.nats == min(row.nats for row in rows if row.values["model.hidden_size"] <= 8)
    assert best.nats > min(row.nats for row in rows)


def test_a_training_that_diverges_is_a_failure_with_its_reason(search_in, tmp_path, monkeypatch):
    def trained(settings, corpus, run, wrap, stop, save):
        yield wrap(Saved(1, run, False))
        if settings.model.hidden_size % 2:
            raise UsageError("The memory of cpu ran out")
        return Ended(run, None, "The training diverged: loss nan")

    monkeypatch.setattr(running, "train_run", trained)
    search = search_in(tmp_path / "wild")
    list(run_search(search, 6, never))
    rows = rows_of(search.study)
    assert len(rows) == 6
    assert {row.why for row in rows} == {"The training diverged: loss nan", "The memory of cpu ran out"}
    assert best_of(rows) is None
    assert not search.home.best.exists()


def test_a_trial_saves_when_it_is_asked_to(search_in, tmp_path):
    asked = iter([True])
    events = run_search(search_in(tmp_path / "home"), 1, never, lambda: next(asked, False))
    training = [event.event for event in events if isinstance(event, TrialTraining)]
    assert next(event.step for event in training if isinstance(event, Saved)) == 1
