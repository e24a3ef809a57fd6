"""`charlm study` through the real command line."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from charlm.studies import cost, running

TINY = {
    "name": "tiny",
    "question": "does it run",
    "base": {
        "model": {"hidden_size": 8, "num_layers": 1},
        "training": {"batch_size": 4, "seq_len": 16, "validations": 1, "sample_length": 0, "device": "cpu"},
    },
    "variants": {"lstm": {"model": {"cell": "lstm"}}, "rnn": {"model": {"cell": "rnn"}}},
    "baseline": "lstm",
    "seeds": [1, 2, 3],
    "budget": {"steps": 5},
}
KEPT = ("variant", "levels", "seed", "parameters", "hidden_size", "steps", "characters", "nats", "accuracy")

STUDIES = Path(__file__).resolve().parents[2] / "configs" / "studies"


@pytest.fixture
def write(tmp_path, verse):
    """Write a study on `verse` with some changes; JSON is YAML."""

    def written(**changes):
        base = {**TINY["base"], "text": {"sources": [str(verse)]}}
        study = {key: value for key, value in {**TINY, "base": base, **changes}.items() if value is not None}
        path = tmp_path / "tiny.yaml"
        path.write_text(json.dumps(study))
        return path

    return written


def results(folder):
    return [json.loads(line) for line in (folder / "results.jsonl").read_text().splitlines()]


def numbers(folder):
    return [{key: row.get(key) for key in KEPT} for row in results(folder)]


def test_a_study_is_trained_saved_and_reported(charlm, write, tmp_path):
    path = write(factors={"gap": {"2": {"synthetic": {"recall": {"gap": 2, "lines": 200}}}, "4": {
        "synthetic": {"recall": {"gap": 4, "lines": 200}}}}}, measure="recall")  # fmt: skip
    done = charlm("study", "run", path, "--json")
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stderr
    assert "12/12" in done.stderr
    result = json.loads(done.stdout)
    assert result["runs"] == 12
    home = tmp_path / "runs/studies/tiny"
    assert {"study.yaml", "results.jsonl", "report.json", "report.csv", "report.png"} <= {
        each.name for each in home.iterdir()
    }
    assert all(0 <= row["accuracy"] <= 1 and row["steps"] == 5 for row in results(home))
    assert charlm("sample", home / "lstm.gap-2.s1", "-n", 5).returncode == 0
    output = charlm("study", "report", "tiny")
    assert output.stdout.startswith("tiny: does it run\n\ngap 2\nvariant ")
    assert "within noise" in output.stdout or "beyond noise" in output.stdout
    assert (
        json.loads(charlm("study", "report", "--json").stdout)
        == result
        == json.loads((home / "report.json").read_text())
    )
    again = charlm("study", "run", path)
    assert again.returncode == 0
    assert again.stdout == output.stdout, "a run ends with the report"
    assert "/12 " not in again.stderr  # nothing was left to do
    assert len(results(home)) == 12


def test_an_interrupted_and_continued_study_gives_the_same_numbers(charlm, charlm_forked, write, tmp_path):
    budget = {"steps": 60}
    whole = charlm("study", "run", write(budget=budget), "--name", "whole")
    assert whole.returncode == 0, whole.stderr
    path = write(budget=budget)
    process = charlm_forked("study", "run", path)
    for line in process.stderr:
        if line.startswith("2/"):
            break
    process.send_signal(signal.SIGTERM)
    _, output = process.communicate()
    assert process.returncode == 143
    assert f"Go on with: charlm study run {path}" in output
    home = tmp_path / "runs/studies/tiny"
    assert 2 <= len(results(home)) < 6
    continued = charlm("study", "run", path)
    assert continued.returncode == 0, continued.stderr
    assert numbers(home) == numbers(tmp_path / "runs/studies/whole")


def test_a_trial_that_was_interrupted_resumes_exactly(write, tmp_path, monkeypatch):
    """Through the library, where the stop comes at a known step."""
    from charlm.studies.grid import make_alternatives
    from charlm.studies.results import StudyFolder
    from charlm.studies.running import StudyInterrupted, TrialTraining, prepare_study, run_study
    from charlm.studies.study_files import open_study
    from charlm.training.events import Updated

    study = open_study(str(write(budget={"steps": 9})))

    def home(name):
        folder = StudyFolder(tmp_path / name)
        folder.folder.mkdir()
        folder.begin(study)
        return folder, prepare_study(study, make_alternatives(study, "here"), folder.folder, "here")

    whole, trials = home("whole")
    list(run_study(trials, whole, lambda: False))
    cut, trials = home("cut")
    seen = []
    events = run_study(trials, cut, lambda: len(seen) == 4)
    for event in events:
        if isinstance(event, TrialTraining) and isinstance(event.event, Updated):
            seen.append(event)
    assert isinstance(event, StudyInterrupted)
    assert len(seen) == 4
    assert not cut.results()
    list(run_study(trials, cut, lambda: False))
    assert numbers(cut.folder) == numbers(whole.folder)


def test_a_changed_study_is_refused_and_the_change_named(charlm, write):
    assert charlm("study", "run", write()).returncode == 0
    changed = charlm("study", "run", write(budget={"steps": 6}))
    assert changed.returncode == 2
    assert "budget.steps" in changed.stderr
    assert "--name" in changed.stderr
    assert charlm("study", "run", write(budget={"steps": 6}), "--name", "other").returncode == 0


def test_cost_is_measured_in_processes_of_its_own(charlm, write, monkeypatch):
    """One is enough here: to the other seeds the same is told again, and the rnn is said to be twice as fast."""
    measure, measured, asked = cost.measure_cost, {}, []

    def once(settings):
        cell = settings.model.cell
        asked.append((cell, settings.training.seed))
        found = measured["lstm"] = measured.get("lstm") or measure(settings)
        return {**found, "characters_per_second": found["characters_per_second"] * (2 if cell == "rnn" else 1)}

    monkeypatch.setattr(running, "measure_cost", once)
    done = charlm("study", "run", write(measure="cost"), "--json")
    assert done.returncode == 0, done.stderr
    assert sorted(asked) == [(cell, seed) for cell in ("lstm", "rnn") for seed in (1, 2, 3)]
    rnn = json.loads(done.stdout)["groups"][0]["rows"][1]
    assert rnn["difference"]["count"] == 3
    assert rnn["difference"]["mean"] == pytest.approx(2)


def test_sizes_are_solved_for_equal_parameters(charlm, write, tmp_path):
    base = {**TINY["base"], "model": {"hidden_size": 40, "num_layers": 1}}
    path = write(parameters={"equal": "lstm"}, base=base | {"text": {"sources": [str(tmp_path / "t.txt")]}})
    (tmp_path / "t.txt").write_text("abc def ghi jkl\n" * 60)
    assert charlm("study", "run", path).returncode == 0
    lstm, rnn = results(tmp_path / "runs/studies/tiny")[:2]
    assert abs(rnn["parameters"] / lstm["parameters"] - 1) <= 0.01
    assert rnn["hidden_size"] > lstm["hidden_size"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"basline": "lstm"}, "Did you mean baseline?"),
        ({"variants": {"lstm": {}, "x": {"model": {"cell": "ltsm"}}}}, "lstm"),
        ({"variants": {"lstm": {}, "x": {"model": {"cell": "rnn", "cell_options": {"forget_bias": 1.0}}}}}, "no such"),
        ({"variants": {"lstm": {}, "x": {"model": {"hiden_size": 3}}}}, "hidden_size"),
        ({"variants": {"lstm": {}, "x": {"training": {"steps": 9}}}}, "unequal budgets"),
        ({"variants": {"lstm": {}, "x": {"training": {"seq_len": 9}}}}, "unequal budgets"),
        ({"variants": {"lstm": {}, "x": {"model": {"cell": "clockwork", "hidden_size": 7}}}}, "multiple"),
        ({"seeds": [1]}, "one seed"),
        ({"seeds": [1, 2]}, "at least three"),
        ({"seeds": [1, 1, 1]}, "one seed"),
        ({"budget": {"steps": 3, "seconds": 3}}, "exactly one"),
        ({"budget": {"characters": 3}}, "less than one update"),
        ({"budget": None}, "lacks budget"),
        ({"baseline": "lsmt"}, "Did you mean lstm?"),
        ({"parameters": {"equal": 100}}, "cannot be made equal"),
        ({"measure": "recall"}, "synthetic"),
        ({"measure": "speed"}, "measure"),
        ({"base": {"synthetic": {"recall": {"gapp": 3}}}}, "gap"),
        ({"base": {"preset": "qiuck"}}, "quick"),
        ({"name": "../up"}, "cannot be a name"),
    ],
)
def test_bad_studies_are_refused_before_any_training(charlm, write, tmp_path, changes, message):
    result = charlm("study", "run", write(**changes))
    assert result.returncode == 2, result.stderr
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert len(result.stderr.strip().splitlines()) <= 3
    assert result.stdout == ""
    assert not list((tmp_path / "runs").rglob("run.json"))


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["run", "cels"], 2, "Did you mean cells?"),
        (["run", "absent.yaml"], 2, "does not exist"),
        (["report", "nothing"], 4, "no study"),
        (["report"], 4, "charlm study run"),
        (["run", "cells", "--name", "a/b"], 2, "--name"),
    ],
)
def test_bad_commands(charlm, arguments, code, message):
    result = charlm("study", *arguments)
    assert result.returncode == code, result.stderr
    assert message in result.stderr
    assert len(result.stderr.strip().splitlines()) <= 3


def test_list_prints_the_questions(charlm):
    output = charlm("study", "list")
    assert output.returncode == 0
    assert len(output.stdout.splitlines()) == len(list(STUDIES.glob("*.yaml")))
    assert "forget bias" in json.loads(charlm("study", "list", "--json").stdout)["forget-bias"]


def test_search_tries_the_values_and_prints_the_best(charlm, verse, tmp_path):
    base = {"text.sources": [str(verse)], "training.steps": 4, "model.num_layers": 1, "training.device": "cpu"}
    search = {"name": "s", "preset": "quick", "base": base, "choices": {"model.hidden_size": [4, 8]}}
    (tmp_path / "search.yaml").write_text(json.dumps(search))
    done = charlm("study", "search", "search.yaml")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("best  ")
    assert [line.split()[0] for line in done.stderr.splitlines()] == ["1/2", "2/2"]
    best = json.loads(charlm("study", "search", "search.yaml", "--json").stdout)
    home = tmp_path / "runs" / "search-s"
    assert best["path"] == str(home)
    trials = [json.loads(line) for line in (home / "trials.jsonl").read_text().splitlines()]
    assert {"nats": best["nats"], "settings": best["settings"]} in trials
    assert best["bits"] == pytest.approx(best["nats"] / 0.6931471805599453)
    assert f"{best['bits']:.4f} bits ({best['nats']:.4f} nats)" in done.stdout
    assert charlm("sample", home / "trial-1", "-n", 5).returncode == 0
    assert charlm("study", "search", "absent.yaml").returncode == 2


def test_a_search_marks_scores_that_are_bounds(charlm, tmp_path):
    (tmp_path / "lines.txt").write_text(
        "".join(f"{first}{last}\n" for first in "abcdefgh" for last in ("an", "o", "is"))
    )
    base = {"text.sources": ["lines.txt"], "training.steps": 2, "model.num_layers": 1, "training.device": "cpu"}
    base |= {"model.latent.kind": "line", "text.records": True, "text.splits": [0.6, 0.2, 0.2]}
    search = {"name": "s", "preset": "quick", "base": base, "choices": {"model.hidden_size": [4]}}
    (tmp_path / "search.yaml").write_text(json.dumps(search))
    done = charlm("study", "search", "search.yaml")
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("1/1  <= ")
    assert done.stdout.startswith("best  <= ")
    assert json.loads(charlm("study", "search", "search.yaml", "--json").stdout)["bounded"] is True
