"""Which runs a list has, and in which order."""

from __future__ import annotations

from pathlib import Path

import pytest

from charlm.runs.selecting import SORTS, select_runs
from charlm.runs.summary import RunSummary


def summary(name, **more):
    empty = dict.fromkeys(RunSummary.__dataclass_fields__)
    return RunSummary(**{**empty, "name": name, "folder": Path(name), "layers": (), "checkpoints": (), **more})


RUNS = [
    summary("b", created="1", cell="lstm", valid_nats=2.0, step=10, seconds=5.0, text="Owl.txt"),
    summary("A", created="2", cell="gru", valid_nats=1.0, step=30, seconds=1.0, text="mice"),
    summary("c", created="3", cell="lstm", layers=("gru 8", "rnn 8"), text=None),
]


@pytest.mark.parametrize(
    ("sort", "names"),
    [("created", "bAc"), ("name", "Abc"), ("valid", "Abc"), ("steps", "bAc"), ("time", "Abc")],
)
def test_runs_are_sorted_and_what_is_missing_comes_last(sort, names):
    assert sort in SORTS
    assert "".join(run.name for run in select_runs(RUNS, sort)) == names


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({"cell": "gru"}, "Ac"),
        ({"cell": "lstm"}, "b"),
        ({"cell": "RNN"}, "c"),
        ({"text": "owl"}, "b"),
        ({"name": "a"}, "A"),
        ({"name": "a", "cell": "lstm"}, ""),
    ],
)
def test_runs_are_filtered(wanted, names):
    assert "".join(run.name for run in select_runs(RUNS, "created", **wanted)) == names
