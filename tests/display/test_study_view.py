"""A study while it runs: a table on a terminal, lines elsewhere; scores in bits."""

from __future__ import annotations

import io
from types import SimpleNamespace

import pytest
from rich.console import Console

from charlm.display.study_view import LiveStudy, PlainStudy
from charlm.studies.running import TrialFinished, TrialStarted, TrialTraining
from charlm.studies.study import Study
from charlm.training.events import Updated

STUDY = Study.model_validate(
    {
        "name": "s", "question": "is it true", "variants": {"lstm": {}, "gru": {}}, "baseline": "lstm",
        "seeds": [1, 2, 3], "budget": {"steps": 1},
    }
)  # fmt: skip


def prepared(variant, seed):
    return SimpleNamespace(trial=SimpleNamespace(variant=variant, levels=(), seed=seed))


TRIALS = [prepared(variant, seed) for seed in (1, 2, 3) for variant in ("lstm", "gru")]


def row(seed, **more):
    return {"measure": "valid", "nats": 1.0, "seed": seed, "parameters": 1234, "seconds": 2.0} | more


UPDATED = Updated(1, 0.25, 0.1, 9.0, 1e-3, 0.5, 64, 1.0, 64.0, 2.0)


@pytest.mark.parametrize("width", [60, 80])
def test_the_table_shows_results_and_the_training_score_in_bits(width):
    console = Console(file=io.StringIO(), width=width, height=24, force_terminal=True, color_system=None)
    view = LiveStudy(console, STUDY, TRIALS)
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
    view = PlainStudy(STUDY, TRIALS)
    with view:
        view.show(TrialFinished(TRIALS[0], row(1), is_new=True))
        view.show(TrialFinished(TRIALS[1], row(1, nats=None, diverged=True), is_new=True))
        view.show(TrialFinished(TRIALS[2], row(2, measure="recall", accuracy=0.5), is_new=True))
        view.show(TrialFinished(TRIALS[3], row(2), is_new=False))
    lines = capsys.readouterr().err.splitlines()[2:]
    assert [line.split("  ")[2] for line in lines] == ["1.4427 bits", "diverged", "50.0% right"]
