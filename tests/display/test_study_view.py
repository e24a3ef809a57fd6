"""A study while it runs: a table on a terminal, lines elsewhere; scores in bits."""

from __future__ import annotations

import io
from dataclasses import replace
from types import SimpleNamespace

import pytest
from rich.console import Console

from charlm.config.settings import Settings
from charlm.display.study_view import LiveStudy, PlainStudy
from charlm.errors import TextError
from charlm.studies.choosing import Candidate, CandidateScored, CandidateStarted, CandidateTraining, ValueChosen
from charlm.studies.dispatching import JobGivenUp, JobSeen, JobStarted
from charlm.studies.running import TrialFinished, TrialStarted, TrialTraining
from charlm.studies.study import Choose, Study
from charlm.studies.working import JobFailed, WorkersAwaited
from charlm.training.events import Updated

STUDY = Study.model_validate(
    {
        "name": "s", "question": "is it true", "variants": {"lstm": {}, "gru": {}}, "baseline": "lstm",
        "seeds": [1, 2, 3], "budget": {"steps": 1},
    }
)  # fmt: skip


def prepared(variant, seed, bounded=False):
    trial = SimpleNamespace(place=(variant, ()), seed=seed)
    return SimpleNamespace(name=f"{variant}.s{seed}", trial=trial, bounded=bounded)


TRIALS = [prepared(variant, seed) for seed in (1, 2, 3) for variant in ("lstm", "gru")]
CHOOSING = STUDY.model_copy(update={"choose": Choose(setting="training.learning_rate", values=(1e-3, 1e-2, 1e-1))})
CANDIDATES = [
    Candidate((variant, ()), value, number, Settings(), None)
    for variant in ("lstm", "gru")
    for number, value in enumerate(CHOOSING.choose.values, 1)
]


def study(about=STUDY, candidates=()):
    return SimpleNamespace(study=about, any_trials=TRIALS, candidates=candidates)


def row(seed, **more):
    return {"measure": "valid", "nats": 1.0, "seed": seed, "parameters": 1234, "seconds": 2.0} | more


UPDATED = Updated(1, 0.25, 0.1, 9.0, 1e-3, 0.5, 64, 1.0, 64.0, 2.0)


@pytest.mark.parametrize("width", [60, 80])
def test_the_table_shows_results_and_the_training_score_in_bits(width):
    console = Console(file=io.StringIO(), width=width, height=24, force_terminal=True, color_system=None)
    view = LiveStudy(console, study())
    with view:
        for event in (
            TrialFinished(TRIALS[0], row(1), is_new=True),
            TrialFinished(TRIALS[1], row(1, nats=None, diverged=True), is_new=True),
            TrialStarted(TRIALS[2], 3, 6),
            TrialTraining(TRIALS[2], UPDATED),
        ):
            view.show(event)
        console.print(view._picture())
    shown = console.file.getvalue()
    assert "1.4427" in shown
    assert "diverged" in shown
    assert "25% 2.89" in shown
    assert "2 of 6 runs" in shown


def test_lines_have_the_result_with_its_unit(capsys):
    view = PlainStudy(study())
    with view:
        view.show(TrialFinished(TRIALS[0], row(1), is_new=True))
        view.show(TrialFinished(TRIALS[1], row(1, nats=None, diverged=True), is_new=True))
        view.show(TrialFinished(TRIALS[2], row(2, measure="recall", accuracy=0.5), is_new=True))
        view.show(TrialFinished(TRIALS[3], row(2), is_new=False))
    lines = capsys.readouterr().err.splitlines()[2:]
    assert [line.split("  ")[2] for line in lines] == ["1.4427 bits", "diverged", "50.0% right"]


CHOICE = (
    CandidateScored(CANDIDATES[0], 1.0, is_new=True),
    CandidateScored(CANDIDATES[1], None, is_new=True),
    CandidateScored(CANDIDATES[2], 0.9, is_new=True),
    ValueChosen(("lstm", ()), 1e-1, is_new=True),
)


def test_lines_say_what_was_tried_and_chosen(capsys):
    view = PlainStudy(study(CHOOSING, CANDIDATES))
    with view:
        for event in CHOICE:
            view.show(event)
        view.show(CandidateScored(CANDIDATES[3], 1.0, is_new=False))
        view.show(ValueChosen(("gru", ()), 1e-3, is_new=False))
    assert capsys.readouterr().err.splitlines()[2:] == [
        "before them 6 candidates: training.learning_rate is chosen for each row, within the training split",
        "candidate 1/6  lstm, learning_rate 0.001  1.4427 bits",
        "candidate 2/6  lstm, learning_rate 0.01  diverged",
        "candidate 3/6  lstm, learning_rate 0.1  1.2984 bits",
        "chosen  lstm, learning_rate 0.1 (largest)",
    ]


def test_bounds_of_candidates_are_marked(capsys):
    latent = Settings.model_validate({"model": {"latent": {"kind": "line"}}, "text": {"records": True}})
    candidates = [replace(each, settings=latent) for each in CANDIDATES]
    with PlainStudy(study(CHOOSING, candidates)) as view:
        view.show(CandidateScored(candidates[0], 1.0, is_new=True))
    assert capsys.readouterr().err.splitlines()[-1].endswith("<= 1.4427 bits")


@pytest.mark.parametrize("width", [60, 80])
def test_bounds_are_marked_in_training_and_in_the_end(width, capsys):
    trials = [prepared("lstm", 1, bounded=True), prepared("lstm", 2, bounded=True)]
    finished = TrialFinished(trials[0], row(1, measure="bound"), is_new=True)
    console = Console(file=io.StringIO(), width=width, height=24, force_terminal=True, color_system=None)
    view = LiveStudy(console, study())
    with view:
        for event in (finished, TrialTraining(trials[1], UPDATED)):
            view.show(event)
        console.print(view._picture())
    assert "<= 1.4427" in console.file.getvalue()
    assert "25% <= 2.89" in console.file.getvalue()
    with PlainStudy(study()) as lines:
        lines.show(finished)
    assert "<= 1.4427 bits" in capsys.readouterr().err


@pytest.mark.parametrize("width", [60, 80])
def test_the_table_has_a_column_for_what_is_chosen(width):
    console = Console(file=io.StringIO(), width=width, height=24, force_terminal=True, color_system=None)
    view = LiveStudy(console, study(CHOOSING, CANDIDATES))
    with view:
        for event in (*CHOICE, CandidateStarted(CANDIDATES[3]), CandidateTraining(CANDIDATES[3], UPDATED)):
            view.show(event)
        console.print(view._picture())
    shown = console.file.getvalue()
    assert "learning_rate" in shown
    assert "0.1 (largest)" in shown
    assert "0.001: 25% 2.89" in shown
    assert "3 of 6 candidates, 0 of 6 runs" in shown


def test_lines_say_what_runs_what_others_run_and_what_failed(capsys):
    view = PlainStudy(study(CHOOSING, CANDIDATES))
    with view:
        for event in (
            JobStarted(CANDIDATES[0], 1, queued=False),
            JobStarted(CANDIDATES[1], 1, queued=True),
            JobSeen(CANDIDATES[1], "process 6 on node3", None, None),
            JobSeen(CANDIDATES[0], "process 5 on here", 0.5, 1.0),
            JobSeen(TRIALS[0], "process 7 on nas2", None, None),
            JobSeen(TRIALS[0], "process 7 on nas2", 0.5, 1.0),
            JobStarted(TRIALS[1], 2, queued=False),
            JobGivenUp(TRIALS[1], 4, "The disk is full\n/mnt\nMake room."),
            JobFailed(TRIALS[2], TextError("There is no such text")),
            WorkersAwaited((("lstm.s3", "process 7 on nas2"),)),
        ):
            view.show(event)
    assert capsys.readouterr().err.splitlines()[3:] == [
        "running  lstm, 0.001",
        "queued  lstm, 0.01",
        "running  lstm, 0.01  by process 6 on node3",
        "running  lstm, seed 1  by process 7 on nas2",
        "running  gru, seed 1  again, since it was stopped",
        "failed  gru, seed 1  The disk is full",
        "failed  lstm, seed 2  There is no such text",
        "waiting  lstm.s3, held by process 7 on nas2",
    ]


@pytest.mark.parametrize("width", [60, 80])
def test_the_table_shows_all_that_run_and_what_failed(width):
    console = Console(file=io.StringIO(), width=width, height=24, force_terminal=True, color_system=None)
    view = LiveStudy(console, study())
    with view:
        for event in (
            JobStarted(TRIALS[0], 1, queued=False),
            JobStarted(TRIALS[1], 1, queued=False),
            JobStarted(TRIALS[2], 1, queued=False),
            JobStarted(TRIALS[3], 1, queued=True),
            JobSeen(TRIALS[1], "process 5 on here", 0.5, 1.0),
            JobGivenUp(TRIALS[2], 4, "The disk is full"),
        ):
            view.show(event)
        console.print(view._picture())
    shown = console.file.getvalue()
    assert "50% 1.44" in shown
    assert "failed" in shown
    assert "0 of 6 runs, 2 running, 1 failed, " in shown
