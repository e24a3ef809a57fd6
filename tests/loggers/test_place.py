"""What was pushed is not pushed again, whatever happened to the metrics meanwhile."""

from __future__ import annotations

import json

import pytest

from charlm.errors import BusyError
from charlm.loggers.place import Place, new_portions, pushing, read_place, write_place
from charlm.runs import Run, append_metrics, forget_metrics_after


@pytest.fixture
def run(tmp_path):
    return Run(tmp_path)


def add(run, *steps, seconds=1.0):
    for step in steps:
        append_metrics(run.metrics, {"event": "updated", "step": step, "seconds": step * seconds})


def push(run, place, most=100):
    """The steps of what is new, and the place after it."""
    steps = []
    for lines, after in new_portions(run.metrics, place, most):
        steps += [line["step"] for line in lines]
        place = after
    return steps, place


def test_each_line_is_new_once(run):
    add(run, 1, 2)
    first, place = push(run, Place(identity="x"))
    assert (first, place.lines, place.step, place.identity) == ([1, 2], 2, 2, "x")
    assert push(run, place) == ([], place)
    add(run, 3)
    with run.metrics.open("a") as file:
        file.write('{"event": "upda')  # half of a line
    third, place = push(run, place)
    assert third == [3]


def test_each_portion_has_the_place_after_it(run):
    add(run, *range(1, 8))
    portions = [
        ([line["step"] for line in lines], after.step) for lines, after in new_portions(run.metrics, Place(), 3)
    ]
    assert portions == [([1, 2, 3], 3), ([4, 5, 6], 6), ([7], 7)]
    for pushed in (1, 2, 3):  # killed after so many portions
        places = [after for _, after in new_portions(run.metrics, Place(), 3)]
        assert push(run, places[pushed - 1])[0] == list(range(3 * pushed + 1, 8))


@pytest.mark.parametrize("resumed_to", [4, 6, 9])
def test_a_resumed_training_repeats_no_step(run, resumed_to):
    """It writes its steps after the checkpoint again, and what it measures of time is not the same."""
    add(run, 1, 2, 3, 4, 5, 6)
    _, place = push(run, Place())
    forget_metrics_after(run.metrics, 3)
    assert push(run, place)[0] == []
    add(run, *range(4, resumed_to + 1), seconds=1.1)
    steps, place = push(run, place)
    assert steps == list(range(7, resumed_to + 1))
    add(run, *range(resumed_to + 1, 12), seconds=1.1)
    assert push(run, place)[0] == list(range(max(7, resumed_to + 1), 12))


def test_a_roll_back_within_a_training_is_pushed(run):
    add(run, 1, 2, 3)
    _, place = push(run, Place())
    append_metrics(run.metrics, {"event": "rolledback", "step": 3, "to_step": 1, "rate_factor": 0.5})
    add(run, 2, 3, 4)
    assert push(run, place)[0] == [3, 2, 3, 4]


def test_places_are_kept_for_each_logger(run):
    one, other = Place(3, "abc", 7, "id"), Place(1, "d", 2, "")
    write_place(run, "mlflow here", one)
    write_place(run, "tensorboard there", other)
    assert (read_place(run, "mlflow here"), read_place(run, "tensorboard there")) == (one, other)
    assert read_place(run, "elsewhere") == Place()


@pytest.mark.parametrize("content", ["", "[]", '{"k": 3}', '{"k": {"lines": "3"}}', '{"k": {"lines": 3}}'])
def test_a_damaged_place_is_the_beginning(run, content):
    (run.folder / "pushed.json").write_text(content)
    assert read_place(run, "k") == Place()
    write_place(run, "k", Place(1, "a", 1, "b"))
    assert json.loads((run.folder / "pushed.json").read_text())["k"]["step"] == 1


def test_only_one_process_pushes(run):
    with pushing(run), pytest.raises(BusyError, match="Another process pushes"), pushing(run):
        raise AssertionError("nobody gets here")
