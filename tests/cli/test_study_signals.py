"""SIGUSR1 asks a study or a search for a checkpoint, at any moment: it ends nothing, and it is not lost."""

from __future__ import annotations

import json
import os
import signal

import pytest

from charlm import cli
from charlm.studies import report, running, search
from charlm.training.events import Saved

pytestmark = pytest.mark.skipif(os.name == "nt", reason="these are the signals of POSIX")


def test_sigusr1_between_the_trainings_of_a_study_neither_ends_it_nor_is_lost(charlm, verse, tmp_path, monkeypatch):
    base = {
        "model": {"hidden_size": 8},
        "training": {"batch_size": 4, "seq_len": 16, "device": "cpu", "validations": 1},
    }
    study = {
        "name": "two", "question": "does it last", "base": {**base, "text": {"sources": [str(verse)]}},
        "variants": {"lstm": {"model": {"cell": "lstm"}}, "rnn": {"model": {"cell": "rnn"}}}, "baseline": "lstm",
        "seeds": [1, 2, 3], "budget": {"steps": 3}, "measure": "valid",
    }  # fmt: skip
    (tmp_path / "study.yaml").write_text(json.dumps(study))
    asked = _ask_before(monkeypatch, running, "train_run")
    for module, name in ((running, "prepare_study"), (report, "make_report")):  # before the first, after the last
        _ask_before(monkeypatch, module, name)
    done = charlm("study", "run", "study.yaml", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["runs"] == 6
    assert asked == [[1, 3]] * 6, "each training saves at its first step"


def test_sigusr1_between_the_trainings_of_a_search_neither_ends_it_nor_is_lost(charlm, verse, tmp_path, monkeypatch):
    base = {"text.sources": [str(verse)], "training.steps": 3, "training.device": "cpu", "training.validations": 1}
    choices = {"model.hidden_size": [8, 12]}
    described = {"name": "small", "preset": "quick", "base": base, "choices": choices}
    (tmp_path / "search.yaml").write_text(json.dumps(described))
    asked = _ask_before(monkeypatch, search, "train_run")
    for name in ("open_search", "append_row"):  # before the first, and between two of them
        _ask_before(monkeypatch, search, name)
    done = charlm("study", "search", "search.yaml", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["search"] == "small"
    assert asked == [[1, 3]] * 2


def _ask_before(monkeypatch, module, name):
    """Send SIGUSR1 to this process before each call. Gives, for each training, the steps at which it saved."""
    real, saved = getattr(module, name), []

    def asking(*arguments):
        os.kill(os.getpid(), signal.SIGUSR1)
        if name != "train_run":
            return real(*arguments)
        saved.append([])

        def watched(*given):
            (event,) = given[-1:]
            if isinstance(event, Saved):
                saved[-1].append(event.step)
            return arguments[3](*given)

        return real(*arguments[:3], watched, *arguments[4:])

    monkeypatch.setattr(module, name, asking)
    return saved


@pytest.mark.parametrize("command", [("runs", "list"), ("data", "list")])
def test_sigusr1_ends_no_command_that_trains_nothing(charlm, monkeypatch, command):
    """The system would end the process."""
    before = signal.getsignal(signal.SIGUSR1)
    _ask_before(monkeypatch, cli, "_invoked")
    assert charlm(*command).returncode == 0
    assert signal.getsignal(signal.SIGUSR1) is before
