"""A run is pushed to its end, each line once, whatever is interrupted."""

from __future__ import annotations

import json
import os
import socket
import threading

import pytest

from charlm.errors import CheckpointError
from charlm.loggers import pushing
from charlm.loggers.destination import about_run
from charlm.loggers.pushing import Pushed, PushEnded, push_run
from charlm.runs import Run, append_metrics
from charlm.runs.lock import WRITER


class Kept:
    """A logger that keeps what it gets, and can fail."""

    key, advice = "kept", "look"

    def __init__(self):
        self.about, self.rows, self.ends, self.fails_at = [], [], [], None

    def has(self, identity):
        return identity == "run-1" and bool(self.about)

    def begin(self, about, identity):
        self.about.append((about, identity))
        return identity or "run-1"

    def write(self, measured, times):
        if self.fails_at in [each.step for each in measured]:
            raise CheckpointError("full")
        self.rows += [(each.step, time) for each, time in zip(measured, times, strict=True)]

    def end(self, finished):
        self.ends.append(finished)


@pytest.fixture
def run(tmp_path):
    run = Run(tmp_path / "mine")
    run.folder.mkdir()
    run.write_mark({"format": 1, "created": "2026-11-26T12:00:00+00:00"})
    run.config.write_text("model: {hidden_size: 8}\n")
    return run


def add(run, *steps):
    for step in steps:
        append_metrics(run.metrics, {"event": "updated", "step": step, "nats": 1.0, "seconds": float(step)})


def never():
    return False


def test_a_second_push_adds_only_what_is_new(run):
    logger = Kept()
    add(run, 1, 2)
    append_metrics(run.metrics, {"event": "saved", "step": 2, "best": True})
    append_metrics(run.metrics, {"event": "sampled", "step": 2, "text": "owl"})
    *events, end = push_run(run, logger, False, never)
    assert events == [Pushed(3, 2)]
    assert end == PushEnded(False)
    began = about_run(run).began
    assert logger.rows == [(1, began + 1), (2, began + 2), (2, began + 2)], "the sample has the time before it"
    assert list(push_run(run, logger, False, never)) == [PushEnded(False)]
    add(run, 3)
    list(push_run(run, logger, False, never))
    assert [step for step, _ in logger.rows] == [1, 2, 2, 3]
    assert [identity for _, identity in logger.about] == ["", "run-1"], "it is not opened for nothing"
    assert logger.about[0][0].settings["model.hidden_size"] == "8"
    assert logger.ends == [True] * 2


def test_a_logger_that_has_lost_the_run_gets_all_again(run):
    add(run, 1, 2)
    list(push_run(run, Kept(), False, never))
    other = Kept()
    list(push_run(run, other, False, never))
    assert [step for step, _ in other.rows] == [1, 2]
    assert other.about[0][1] == ""


def test_a_push_that_fails_goes_on_after_the_last_portion(run, monkeypatch):
    monkeypatch.setattr(pushing, "PORTION", 2)
    logger = Kept()
    add(run, 1, 2, 3, 4, 5)
    logger.fails_at = 4
    with pytest.raises(CheckpointError, match="full"):
        list(push_run(run, logger, False, never))
    logger.fails_at = None
    list(push_run(run, logger, False, never))
    assert [step for step, _ in logger.rows] == [1, 2, 3, 4, 5]
    assert len(logger.ends) == 2, "what was opened is closed"


def test_following_goes_on_until_the_training_ends(run, monkeypatch):
    monkeypatch.setattr(pushing, "POLL", 0.02)
    monkeypatch.setattr(pushing, "BLINK", 0.005)
    writer = run.folder / WRITER
    writer.write_text(json.dumps({"pid": os.getpid(), "host": socket.gethostname()}))
    add(run, 1)
    logger, seen = Kept(), threading.Event()

    def train():
        seen.wait(10)
        add(run, 2, 3)
        writer.unlink()  # ended, with lines that were not pushed yet

    training = threading.Thread(target=train)
    training.start()
    for event in push_run(run, logger, True, never):
        if event == Pushed(1, 1):
            seen.set()
    training.join()
    assert [step for step, _ in logger.rows] == [1, 2, 3]
    assert logger.ends == [True]
    assert event == PushEnded(False)


def test_following_stops_when_it_is_asked_to(run):
    (run.folder / WRITER).write_text(json.dumps({"pid": os.getpid(), "host": socket.gethostname()}))
    add(run, 1)
    logger, stopped = Kept(), []
    for event in push_run(run, logger, True, lambda: bool(stopped)):
        stopped.append(event)
    assert event == PushEnded(True)
    assert logger.ends == [False], "the training goes on"


def test_settings_that_cannot_be_read_are_left_out(run):
    run.config.write_text("model: [")
    assert about_run(run).settings == {}
    run.write_mark({"format": 1})
    assert about_run(run).began == 0.0
