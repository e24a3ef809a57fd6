"""The summary of a run, even if its files are damaged."""

import json

import pytest

from charlm.runs import create_run
from charlm.runs.summary import summarize_run


def body(step, **scores):
    return {
        "step": step,
        "settings": {"model": {"cell": "gru", "hidden_size": 8, "num_layers": 2}},
        "text": {"name": "book", "characters": 900},
        "scores": scores,
        "training": {"characters": step * 10, "seconds": step / 2},
    }


@pytest.fixture
def run(tmp_path):
    return create_run(tmp_path, "mine", "x", {"text": {"name": "from the mark", "characters": 7}})


def write(run, step, content):
    folder = run.record(step)
    folder.mkdir()
    (folder / "checkpoint.json").write_text(content if isinstance(content, str) else json.dumps({"body": content}))
    return folder


def test_scores_are_of_the_best_checkpoint_and_counts_of_the_newest(run):
    run.point("best", write(run, 10, body(10, train_nats=1.0, valid_nats=1.5)))
    run.point("last", write(run, 20, body(20, train_nats=0.5, valid_nats=1.75)))
    about = summarize_run(run)
    assert (about.cell, about.hidden_size, about.num_layers, about.text) == ("gru", 8, 2, "book")
    assert (about.step, about.characters, about.seconds) == (20, 200, 10.0)
    assert (about.best_step, about.valid_nats, about.train_nats) == (10, 1.5, 1.0)
    assert about.checkpoints == ("step-10", "step-20")
    assert (about.best, about.last) == ("step-10", "step-20")


def test_a_run_without_checkpoints_has_a_text(run):
    about = summarize_run(run)
    assert (about.text, about.text_characters) == ("from the mark", 7)
    assert about.step is about.valid_nats is about.cell is about.best is None
    assert about.checkpoints == ()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"body": 3}',
        '{"body": {"settings": [1], "scores": null, "step": "x"}}',
        '{"body": {"settings": {"model": {"cell": 3, "hidden_size": "8"}}, "step": true}}',
        '{"body": {"scores": {"valid_nats": NaN}}}',
        '{"body": {"training": {"seconds": 1e999}}}',
    ],
)
def test_invalid_values_are_none(run, content):
    write(run, 1, content)
    about = summarize_run(run)
    assert about.cell is about.step is about.valid_nats is about.seconds is about.hidden_size is None
    assert about.checkpoints == ("step-1",)


def test_the_origin_and_the_changes_are_told(run):
    settings = {"training.steps": [20, None], "broken": 3}
    recorded = {
        "from": {"run": "old", "step": 8, "checkpoint": "/runs/old/step-8", "new_symbols": "äö"},
        "changed": [{"step": 20, "settings": settings}, "broken", {"step": 3}],
    }
    run.write_mark({**run.mark, **recorded})
    about = summarize_run(run)
    assert about.origin == "old, step 8, with 2 new symbols (/runs/old/step-8)"
    assert about.changed == ("after step 20: training.steps 20 -> null",)
    run.write_mark({**run.mark, "from": 3, "changed": 3})
    assert (summarize_run(run).origin, summarize_run(run).changed) == (None, ())
