"""A search by a sampler as it is shown: a line for each trial, and the table at the end."""

from __future__ import annotations

import io

import pytest

from charlm.display.console import StderrConsole
from charlm.display.tune_table import end_lines, failure_lines, table_rows
from charlm.display.tune_view import TuneView
from charlm.studies.tuning.results import TrialRow
from charlm.studies.tuning.running import TrialEnded, TrialStarted
from charlm.studies.tuning.space import Dimension, Space


def row(number, nats, why="", feasible=True, rate=0.01):
    values = {"training.learning_rate": rate, "model.cell": "lstm"}
    return TrialRow(number, values, nats, why, feasible, 1200, 1.0, 40)


def test_each_trial_is_a_line(capsys):
    with TuneView(StderrConsole(io.StringIO()), row(0, 1.5), 8) as view:
        view.show(TrialStarted(3, {}, "trial-3", left=True))
        for each in (row(3, 2.0), row(4, 1.0), row(5, 0.5, feasible=False), row(6, None, "loss nan")):
            view.show(TrialEnded(each))
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "trial 3  goes on: the process that trained it has ended"
    assert lines[1] == "trial 3  2.8854 bits (2.0000 nats)  learning_rate 0.01, cell lstm"
    assert "trial 4  1.4427 bits (1.0000 nats)  the best so far" in lines[2]
    assert "takes too long" in lines[3]
    assert lines[4].startswith("trial 6  loss nan  learning_rate")


def test_bounds_are_marked(capsys):
    with TuneView(StderrConsole(io.StringIO()), None, 8, bounded=True) as view:
        view.show(TrialEnded(row(0, 1.0)))
    assert capsys.readouterr().err.startswith("trial 0  <= 1.4427 bits (1.0000 nats)")
    assert table_rows([row(0, 1.0)], {}, bounded=True)[1:3] == [
        ["bits", *["<= 1.4427"] * 2],
        ["nats", *["<= 1.0000"] * 2],
    ]


def test_the_table_has_the_best_first_and_the_preset_beside_them():
    rows = [row(0, 1.5), row(1, None, "loss nan"), row(2, 1.0, rate=0.02), row(3, 0.5, feasible=False)]
    shares = {"model.cell": 0.25, "training.learning_rate": 0.75}
    table = table_rows(rows, shares)
    assert table[0] == ["", "trial 2", "trial 0", "preset", "matters"]
    assert table[2] == ["nats", "1.0000", "1.5000", "1.5000", ""]
    assert table[5:] == [
        ["training.learning_rate", "0.02", "0.01", "0.01", "75%"], ["model.cell", "lstm", "lstm", "lstm", "25%"],
    ]  # fmt: skip
    assert [len(line) for line in table_rows(rows[1:], {})] == [2] * 7, "without the preset's score and what matters"
    assert failure_lines(rows) == ["trial 1 failed: loss nan"]
    assert failure_lines([row(number, None, "x") for number in range(7)])[-1] == "2 more failed"


def test_a_value_at_an_end_of_its_range_is_named():
    rates = Dimension(low=1e-3, high=1e-2, log=True)
    space = Space(settings={"training.learning_rate": rates, "model.cell": Dimension(values=("lstm", "gru"))})
    (line,) = end_lines(space, row(2, 1.0))
    assert line.endswith("beyond may be better: learning_rate 0.01 (largest)")
    assert end_lines(space, row(2, 1.0, rate=0.005)) == []


@pytest.mark.parametrize("rows", [[], [row(1, None, "loss nan")]])
def test_without_a_score_there_is_only_a_heading(rows):
    assert table_rows(rows, {})[0] == [""]
