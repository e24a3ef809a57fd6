"""A training in a notebook: shown while it runs, saved when its cell is left or interrupted, and gone on with."""

from __future__ import annotations

import os
import signal

import pytest
from small_training import TINY

import charlm
from charlm.errors import BusyError, UsageError
from charlm.notebook.interrupts import Interrupted
from charlm.training.events import Finished, Saved, Updated

LONG = 100_000  # steps; no test waits for them


def steps_of(events):
    return [event.step for event in events if isinstance(event, Updated)]


def interrupt():
    os.kill(os.getpid(), signal.SIGINT)


class InterruptsAt:
    """Interrupts the cell while the training computes the update after this step."""

    def __init__(self, monkeypatch, step):
        from charlm.training.language import LanguageTask  # noqa: F401 - imported before it is patched
        from charlm.training.trainer import Trainer

        self.left, original = step, Trainer.update

        def update(trainer, *given):
            self.left -= 1
            if self.left == 0:
                interrupt()
            return original(trainer, *given)

        monkeypatch.setattr(Trainer, "update", update)


def test_a_training_is_one_card_that_is_replaced(verse, notebook):
    events = list(charlm.train(verse, run="tiny", steps=6, **TINY))
    assert steps_of(events) == [1, 2, 3, 4, 5, 6]
    (place,) = notebook
    assert len(place) >= 2
    assert place[0].progress == 0.0
    assert (place[-1].title, place[-1].progress, place[-1].note) == ("tiny", None, "")
    assert place[-1].code == ["charlm.load('tiny')"]
    assert "data:image/svg+xml" in place[-1]._repr_html_()


def test_elsewhere_nothing_is_shown_and_the_events_are_the_same(verse, ipython, capsys):
    events = list(charlm.train(verse, run="tiny", steps=3, **TINY))
    assert steps_of(events) == [1, 2, 3]
    assert isinstance(events[-1], Finished)
    assert capsys.readouterr() == ("", "")


def test_an_interrupted_cell_saves_and_says_how_to_go_on(verse, notebook, monkeypatch):
    InterruptsAt(monkeypatch, 4)
    events, before = [], signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt) as raised:
        events.extend(charlm.train(verse, run="tiny", steps=LONG, **TINY))
    assert charlm.load("tiny/last").step == 4
    last = notebook[0][-1]
    assert last.note == "Left at step 4; everything is saved. Go on with:"
    assert last.code == ["for event in charlm.resume('tiny'): ..."]
    assert raised.value._render_traceback_() == [
        "KeyboardInterrupt: tiny is saved; charlm.resume('tiny') goes on with it"
    ]
    assert signal.getsignal(signal.SIGINT) is before


def test_what_the_card_says_works(verse, notebook, monkeypatch):
    InterruptsAt(monkeypatch, 4)
    with pytest.raises(Interrupted):
        list(charlm.train(verse, run="tiny", steps=8, **TINY))
    (line,) = notebook[0][-1].code
    seen = []
    exec(line.replace("...", "seen.append(event)"), {"charlm": charlm, "seen": seen})
    assert steps_of(seen) == [5, 6, 7, 8]
    assert len(notebook[1][-1].train) == 8  # the curve has the steps of both sessions


def test_a_resumed_training_equals_one_that_was_not_interrupted(verse, notebook, monkeypatch):
    with monkeypatch.context() as patch:
        InterruptsAt(patch, 3)
        with pytest.raises(Interrupted):
            list(charlm.train(verse, run="twice", steps=6, **TINY))
    list(charlm.resume("twice"))
    list(charlm.train(verse, run="once", steps=6, **TINY))
    once, twice = (charlm.load(f"{name}/last").parameters for name in ("once", "twice"))
    assert {name: array.tobytes() for name, array in once.items()} == {
        name: array.tobytes() for name, array in twice.items()
    }


def test_a_second_interrupt_does_not_wait(verse, notebook, monkeypatch):
    from charlm.training.trainer import Trainer

    def update(trainer, *given):
        interrupt()
        interrupt()

    training = charlm.train(verse, run="tiny", steps=LONG, **TINY)
    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "update", update)
        with pytest.raises(KeyboardInterrupt):
            list(training)
    assert notebook[0][-1].note == "Left before the first step. Go on with:"
    assert steps_of(charlm.resume("tiny", steps=2)) == [1, 2]  # the lock is free


@pytest.mark.parametrize("leave", ["break", "error", "interrupt"])
def test_a_loop_that_is_left_saves(verse, notebook, leave):
    def loop():
        for event in charlm.train(verse, run="tiny", steps=LONG, **TINY):
            if isinstance(event, Updated) and event.step == 3:
                if leave == "break":
                    return
                if leave == "error":
                    raise ZeroDivisionError
                interrupt()  # in the code of the cell, Ctrl-C means what it does elsewhere
                raise AssertionError("the interrupt came to nothing")

    expected = {"break": None, "error": ZeroDivisionError, "interrupt": KeyboardInterrupt}[leave]
    if expected:
        with pytest.raises(expected):
            loop()
    else:
        loop()
    assert charlm.load("tiny/last").step == 3
    assert notebook[0][-1].note == "Left at step 3; everything is saved. Go on with:"


def test_a_training_that_was_left_holds_no_lock(verse, notebook):
    training = charlm.train(verse, run="tiny", steps=LONG, **TINY)
    events = iter(training)
    next(events)
    with pytest.raises(BusyError):
        charlm.resume("tiny")
    events.close()
    assert steps_of(charlm.resume("tiny", steps=2)) == [2]
    with pytest.raises(UsageError, match=r"charlm\.resume\('tiny', more=500\)"):
        list(training)


def test_the_caller_may_stop_it_without_an_error(verse, notebook):
    training = charlm.train(verse, run="tiny", steps=LONG, **TINY)
    events = list(training.events(stop=lambda: True))
    assert isinstance(events[-2], Saved)
    assert events[-1].reason == "signal"
    assert notebook[0][-1].code == ["for event in charlm.resume('tiny'): ..."]


def test_a_run_outside_of_the_folder_is_named_by_its_path(verse, notebook, monkeypatch, tmp_path):
    training = charlm.train(verse, run="tiny", steps=2, **TINY)
    monkeypatch.setenv("CHARLM_RUNS", str(tmp_path / "elsewhere"))
    list(training)
    (line,) = notebook[0][-1].code
    assert eval(line, {"charlm": charlm}).step == 2


def test_an_interrupt_in_another_thread_is_left_to_the_main_one(verse, notebook):
    import threading

    found = []
    worker = threading.Thread(target=lambda: found.extend(charlm.train(verse, run="tiny", steps=2, **TINY)))
    worker.start()
    worker.join()
    assert steps_of(found) == [1, 2]
