"""A setting that is chosen for each variant of a study: by the training split alone, once, and kept."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from charlm.config.stored import from_yaml
from charlm.studies.choosing import CandidateTraining, ChoosingInterrupted, choose_values
from charlm.studies.grid import make_alternatives
from charlm.studies.results import StudyFolder, best_choice
from charlm.studies.running import prepare_study, run_study
from charlm.studies.study_files import open_study
from charlm.training.events import Saved, Updated

TEXT = "".join(
    f"the {owl} went out to look for {mice},\n" for owl in ("owl", "fox", "cat") for mice in ("mice", "rice")
)
VALUES = [1e-5, 2e-2]


@pytest.fixture
def write(tmp_path):
    """Write a study that chooses a rate, with some changes, and its text; JSON is YAML."""

    def written(name="rates", text=TEXT * 12, **changes):
        (tmp_path / f"{name}.txt").write_text(text)
        training = {"batch_size": 4, "seq_len": 16, "validations": 1, "sample_length": 0, "device": "cpu"}
        study = {
            "name": name, "question": "which is better",
            "base": {
                "text": {"sources": [str(tmp_path / f"{name}.txt")]},
                "model": {"hidden_size": 8, "num_layers": 1}, "training": training,
            },
            "variants": {"lstm": {"model": {"cell": "lstm"}}, "rnn": {"model": {"cell": "rnn"}}},
            "baseline": "lstm", "seeds": [0, 1, 2], "budget": {"steps": 20},
            "choose": {"setting": "training.learning_rate", "values": VALUES, "budget_share": 0.5},
        }  # fmt: skip
        (tmp_path / f"{name}.yaml").write_text(json.dumps(study | changes))
        return str(tmp_path / f"{name}.yaml")

    return written


def prepared(file, folder):
    """The study in that file, begun in that folder."""
    study = open_study(file)
    home = StudyFolder(folder)
    folder.mkdir()
    home.begin(study)
    return prepare_study(study, make_alternatives(study, file), folder, file), home


def test_each_variant_runs_with_the_value_that_was_best_within_training(charlm, write, tmp_path):
    file = write()
    done = charlm("study", "run", file, "--json")
    assert done.returncode == 0, done.stderr
    home = StudyFolder(tmp_path / "runs/studies/rates")
    choices = home.choices()
    assert [(row["variant"], row["value"]) for row in choices] == [
        (variant, value) for variant in ("lstm", "rnn") for value in VALUES
    ]
    for row in home.results():
        assert row["chosen"] == best_choice(choices, (row["variant"], ()))["value"] == 2e-2
        settings = from_yaml((home.folder / row["run"] / "config.yaml").read_text())
        assert settings.training.learning_rate == 2e-2
        assert settings.text.splits == (0.9, 0.05, 0.05)
    tried = from_yaml((home.folder / choices[0]["run"] / "config.yaml").read_text())
    assert tried.training.learning_rate == 1e-5
    assert tried.training.seed not in (0, 1, 2)
    assert tried.training.steps == 10, "half of the budget"
    assert tried.text.splits == (0.8, 0.1, 0.1)
    report = json.loads(done.stdout)
    assert report["choose"] == {"setting": "training.learning_rate", "values": VALUES, "budget_share": 0.5}
    for row in report["groups"][0]["rows"]:
        assert (row["chosen"], row["end"]) == (2e-2, "largest")
        assert [each["nats"] for each in row["candidates"]] == [
            each["nats"] for each in choices if each["variant"] == row["variant"]
        ]
    lines = done.stderr.splitlines()
    assert "before them 4 candidates: training.learning_rate is chosen for each row" in done.stderr
    assert any(line.startswith("candidate 3/4  rnn, learning_rate 1e-05  ") for line in lines)
    assert "chosen  rnn, learning_rate 0.02 (largest)" in lines
    again = charlm("study", "run", file)
    assert again.returncode == 0
    assert "candidate 1/" not in again.stderr
    assert "chosen  " not in again.stderr
    assert home.choices() == choices
    assert "0.02 (largest)" in again.stdout
    assert "It is the largest for lstm, rnn: a value beyond may be better." in again.stdout


def test_the_choice_never_reads_the_validation(write, tmp_path):
    """Its characters in another order, and the test split's: the candidates have the same scores to the last bit."""
    text = TEXT * 12
    first = int(len(text) * 0.9)
    scores, trials = [], []
    for name, changed in (("as-it-is", text), ("altered", text[:first] + "".join(sorted(text[first:])))):
        study, home = prepared(write(name, changed), tmp_path / name)
        list(run_study(study, home, lambda: False))
        scores.append([(row["variant"], row["value"], row["nats"]) for row in home.choices()])
        trials.append([row["nats"] for row in home.results()])
    assert scores[0] == scores[1]
    assert all(one != other for one, other in zip(*trials, strict=True)), (
        "what was altered is what trials are scored on"
    )


def test_a_study_that_was_stopped_while_choosing_goes_on_with_the_same_scores(write, tmp_path):
    file = write()
    study, whole = prepared(file, tmp_path / "whole")
    list(run_study(study, whole, lambda: False))
    study, cut = prepared(file, tmp_path / "cut")
    seen = []
    for event in run_study(study, cut, lambda: len(seen) == 14):  # in the second candidate
        if isinstance(event, CandidateTraining) and isinstance(event.event, Updated):
            seen.append(event)
    assert isinstance(event, ChoosingInterrupted)
    assert len(cut.choices()) == 1
    assert not cut.results()
    list(run_study(study, cut, lambda: False))
    assert cut.choices() == whole.choices()
    assert [row["nats"] for row in cut.results()] == [row["nats"] for row in whole.results()]


def test_a_signal_while_choosing_says_how_to_go_on(charlm, charlm_forked, write, tmp_path):
    file = write(budget={"steps": 400})
    process = charlm_forked("study", "run", file)
    for line in process.stderr:
        if line.startswith("candidate 1/4"):
            break
    process.send_signal(signal.SIGTERM)
    _, output = process.communicate()
    assert process.returncode == 143
    assert "of 4 candidates finished" in output
    assert f"Go on with: charlm study run {file}" in output
    report = charlm("study", "report", "rates")
    assert report.returncode == 4
    assert "No run of the study is finished yet" in report.stderr
    changed = charlm("study", "run", write(choose={"setting": "training.learning_rate", "values": [1e-3, 1e-2]}))
    assert changed.returncode == 2
    assert "choose.values" in changed.stderr


def test_a_candidate_saves_when_it_is_asked_to(write, tmp_path):
    study, home = prepared(write(), tmp_path / "home")
    asked = iter([True])
    events = choose_values(study.candidates, home, lambda: False, lambda: next(asked, False))
    assert next(event.event for event in events if isinstance(getattr(event, "event", None), Saved)).step == 1


def test_each_combination_of_levels_has_its_own_choice(write, tmp_path):
    levels = {name: {"synthetic": {"recall": {"gap": gap, "lines": 300}}} for name, gap in (("near", 1), ("far", 3))}
    study, _ = prepared(write(factors={"gap": levels}, measure="recall"), tmp_path / "home")
    assert len(study.candidates) == 8
    names = [candidate.name for candidate in study.candidates]
    assert names[:3] == ["lstm.gap-near.choose-1", "lstm.gap-near.choose-2", "rnn.gap-near.choose-1"]
    assert len({candidate.corpus.sources for candidate in study.candidates}) == 2
    chosen = {candidate.place: candidate.value for candidate in study.candidates}  # the last value of each
    chosen["lstm", (("gap", "far"),)] = 1e-5
    rates = {trial.trial.name: trial.trial.settings.training.learning_rate for trial in study.trials(chosen)}
    assert {name for name, rate in rates.items() if rate == 1e-5} == {f"lstm.gap-far.s{seed}" for seed in (0, 1, 2)}


def test_sizes_are_solved_for_each_value(write, tmp_path):
    choose = {"setting": "model.num_layers", "values": [1, 2]}
    base = json.loads(Path(write()).read_text())["base"] | {"model": {"hidden_size": 30}}
    study, _ = prepared(write(choose=choose, base=base, parameters={"equal": 6000}), tmp_path / "home")
    counts = {(each.settings.model.num_layers, each.settings.model.hidden_size) for each in study.candidates}
    assert len(counts) == 4
    assert all(abs(trial.parameters / 6000 - 1) <= 0.01 for trials in study.alternatives for trial in trials)


def test_a_value_that_diverged_is_not_chosen():
    rows = [
        {"variant": "a", "levels": {}, "value": value, "nats": nats} for value, nats in ((1, None), (2, 3.0), (3, 3.0))
    ]
    assert best_choice(rows, ("a", ()))["value"] == 2
    assert best_choice(rows[:1], ("a", ()))["value"] == 1, "nothing is left, and the trials will say so"
