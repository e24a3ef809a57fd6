"""A search for settings, with small trainings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from charlm.errors import UsageError
from charlm.studies.search import (
    TRIALS,
    CandidateScored,
    CandidateStarted,
    CandidateTraining,
    SearchFinished,
    SearchInterrupted,
    open_search,
    run_search,
)
from charlm.training.events import Saved, Updated

CONFIGS = Path(__file__).parents[2] / "configs" / "searches"


def write_search(folder: Path, **changes: Any) -> str:
    """A file with a search over a rate and a width, from 5 steps of a small model. JSON is YAML."""
    text = folder / "text.txt"
    text.write_text("the quick brown fox jumps over the lazy dog\n" * 100)
    base = {"text.sources": [str(text)], "text.splits": [0.6, 0.2, 0.2], "training.steps": 5, "model.num_layers": 1}
    base |= {"training.sample_length": 0, "training.device": "cpu"}
    choices = {"training.learning_rate": [1e-5, 1e-2], "model.hidden_size": [8, 12]}
    path = folder / "search.yaml"
    path.write_text(json.dumps({"name": "small", "preset": "quick", "base": base, "choices": choices} | changes))
    return str(path)


def rows(home: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (home / TRIALS).read_text().splitlines()]


def test_the_best_is_kept_and_nothing_is_trained_twice(tmp_path: Path) -> None:
    file = write_search(tmp_path)
    search = open_search(file)
    *events, end = run_search(search, tmp_path, file, lambda: False)
    assert isinstance(end, SearchFinished)
    assert len(rows(tmp_path)) == search.trials == 3  # the start, another rate, another width
    best = min(rows(tmp_path), key=lambda row: row["nats"])
    assert best == {"nats": end.best.nats, "settings": end.best.values}
    assert best["settings"]["training.learning_rate"] == 1e-2
    assert [event.number for event in events if isinstance(event, CandidateStarted)] == [1, 2, 3]
    again = list(run_search(search, tmp_path, file, lambda: False))
    assert [type(event) for event in again] == [CandidateScored] * 3 + [SearchFinished]
    assert not any(event.is_new for event in again if isinstance(event, CandidateScored))
    assert len(rows(tmp_path)) == 3


def test_an_interrupted_search_continues_with_the_same_numbers(tmp_path: Path) -> None:
    file = write_search(tmp_path)
    search = open_search(file)
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    for home in (whole, cut):
        home.mkdir()
    list(run_search(search, whole, file, lambda: False))
    updates = 0

    def stop() -> bool:
        return updates == 8  # in the second training

    for event in run_search(search, cut, file, stop):
        updates += isinstance(event, CandidateTraining) and isinstance(event.event, Updated)
    assert event == SearchInterrupted(2)
    assert len(rows(cut)) == 1
    list(run_search(search, cut, file, lambda: False))
    assert rows(cut) == rows(whole)
    assert sorted(path.name for path in cut.glob("trial-*")) == ["trial-1", "trial-2", "trial-3"]


def test_a_search_saves_when_it_is_asked_to(tmp_path: Path) -> None:
    """SIGUSR1 asks for it: after the first update, not only when a candidate is validated or ends."""
    file = write_search(tmp_path)
    asked = iter([True])
    events = run_search(open_search(file), tmp_path, file, lambda: False, lambda: next(asked, False))
    training = [event.event for event in events if isinstance(event, CandidateTraining)]
    first = next(event for event in training if isinstance(event, Saved))
    assert first.step == 1


def test_an_interrupted_run_of_other_settings_is_not_resumed(tmp_path: Path) -> None:
    (tmp_path / "trial-1").mkdir()
    (tmp_path / "trial-1" / "config.yaml").write_text("model: {hidden_size: 3}\n")
    file = write_search(tmp_path)
    events = run_search(open_search(file), tmp_path, file, lambda: False)
    assert next(events).run == "trial-2"


def test_a_diverged_candidate_is_never_better() -> None:
    diverged, good = (CandidateScored({}, 1, nats, is_new=True) for nats in (None, 2.0))
    assert good.is_better_than(diverged)
    assert not diverged.is_better_than(good)
    assert not diverged.is_better_than(diverged)


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_searches_that_come_with_charlm_do_not_use_the_validation(path: Path) -> None:
    train, valid, test = open_search(str(path)).base["text.splits"]
    assert (train + valid, test) == (pytest.approx(0.9), pytest.approx(0.1))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"choices": {}}, "choices"),
        ({"choices": {"model.hidden_size": []}}, "choices.model.hidden_size"),
        ({"choices": {"model.hidden_size": [8, "big"]}}, "model.hidden_size must be a whole number"),
        ({"choices": {"model.hiden_size": [8]}}, "no setting model.hiden_size"),
        ({"prest": "quick"}, "no prest"),
        ({"preset": "qiuck"}, "no preset qiuck"),
        ({"name": "a/b"}, "name"),
    ],
)
def test_a_wrong_search_is_refused_before_any_training(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        open_search(write_search(tmp_path, **changes))


def test_a_search_without_validation_is_an_error(tmp_path: Path) -> None:
    file = write_search(tmp_path)
    text = json.loads(Path(file).read_text())
    text["base"] |= {"text.splits": [0.8, 0, 0.2]}
    Path(file).write_text(json.dumps(text))
    with pytest.raises(UsageError, match="needs a score on the valid split"):
        list(run_search(open_search(file), tmp_path, file, lambda: False))
