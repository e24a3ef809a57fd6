"""Findings about the machine, and how the worst of them counts."""

import os
import shutil
import sys
from collections import namedtuple

import pytest

from charlm.device import choose
from charlm.diagnosis import machine, trial
from charlm.diagnosis.finding import Finding, exit_code, from_error
from charlm.errors import CheckpointError, TextError, UsageError
from charlm.kernels.building import Level
from charlm.kernels.choosing import Choice


def test_the_worst_fault_counts_and_a_text_most():
    def bad(code):
        return Finding("x", "bad", "", exit_code=code)

    assert exit_code([]) == exit_code([Finding("x", "warn", "")]) == 0
    assert exit_code([bad(4), Finding("x", "ok", "")]) == 4
    assert exit_code([bad(4), bad(3), bad(2)]) == 3
    assert exit_code([bad(0)]) == 1
    assert from_error("text", TextError("what", "where", "remedy")).exit_code == 3


def test_this_machine_is_described():
    findings = {finding.name: finding for finding in machine.machine()}
    assert list(findings) == ["versions", "kernels", "load", "disk", "runs", "cache", "encoding"]
    assert findings["versions"].facts["charlm"]
    assert findings["load"].facts["cores"] >= 1


def test_kernels_that_are_not_there_are_told_with_a_remedy(monkeypatch):
    monkeypatch.setattr(machine, "library", lambda: None)
    monkeypatch.delenv("CHARLM_KERNELS", raising=False)
    assert machine.kernels().level == "warn"
    assert "python -m charlm.kernels" in machine.kernels().remedy
    monkeypatch.setenv("CHARLM_KERNELS", "0")
    assert machine.kernels().remedy == "Unset CHARLM_KERNELS."
    monkeypatch.setenv("CHARLM_KERNELS", "no-such-level")
    assert (machine.kernels().level, machine.kernels().exit_code) == ("bad", 2)


def test_the_level_of_the_kernels_is_told(monkeypatch):
    monkeypatch.setattr(machine, "library", object)
    monkeypatch.setattr(machine, "choice", lambda: Choice(Level("avx2")))
    assert machine.kernels().level == "ok"
    assert machine.kernels().what == "level avx2"
    assert machine.kernels().facts["level"] == "avx2"
    monkeypatch.setattr(machine, "choice", lambda: Choice(Level("avx2"), "avx512 is not compiled"))
    assert machine.kernels().level == "warn"
    assert machine.kernels().what == "level avx2: avx512 is not compiled"
    monkeypatch.setattr(machine, "library", lambda: None)
    assert "cannot be loaded" in machine.kernels().what


@pytest.mark.parametrize(("average", "level"), [(0.0, "ok"), (99.0, "warn")])
def test_load(monkeypatch, average, level):
    monkeypatch.setattr(os, "getloadavg", lambda: (average, 0, 0))
    assert machine.load().level == level
    monkeypatch.delattr(os, "getloadavg")
    monkeypatch.setattr(machine, "cores", lambda: 1)
    assert machine.load().what.startswith("one core;")


@pytest.mark.parametrize(("free", "level"), [(10**12, "ok"), (10**9, "warn"), (10**6, "bad")])
def test_disk(monkeypatch, tmp_path, free, level):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: namedtuple("Usage", "free")(free))
    found = machine.disk(tmp_path / "not" / "yet")
    assert found.level == level
    assert bool(found.remedy) == (level != "ok")
    assert found.exit_code == (CheckpointError.exit_code if level == "bad" else 0)


def test_a_disk_that_tells_nothing(monkeypatch, tmp_path):
    def refuse(_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(shutil, "disk_usage", refuse)
    assert machine.disk(tmp_path).level == "warn"


def test_folders_that_cannot_be_written_to(tmp_path):
    (tmp_path / "file").write_text("in the way")
    assert machine.writable("runs", tmp_path, needed=True).level == "ok"
    assert "will be made" in machine.writable("runs", tmp_path / "new", needed=True).what
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]
    runs = machine.writable("runs", tmp_path / "file", needed=True)
    assert (runs.level, runs.exit_code) == ("bad", 4)
    assert machine.writable("cache", tmp_path / "file", needed=False).level == "warn"


def test_a_terminal_that_lacks_characters(monkeypatch):
    assert machine.terminal().facts["is_terminal"] in (True, False)
    with open(os.devnull, "w", encoding="ascii") as stream:  # noqa: PTH123 - stdout is such a stream
        monkeypatch.setattr(sys, "stdout", stream)
        assert machine.terminal().level == "warn"
    monkeypatch.setattr(sys, "stdout", None)
    assert machine.terminal().level == "warn"


def test_a_device_that_learns_and_one_that_is_not_there():
    compute, (device, precision) = trial.try_device("cpu")
    assert compute is not None
    assert device.level == precision.level == "ok"
    assert device.facts["last_nats"] < device.facts["first_nats"]
    assert device.facts["sampled_characters"] == trial.SAMPLE_LENGTH
    none, (missing,) = trial.try_device("cuda:99")
    assert none is None
    assert (missing.level, missing.exit_code) == ("bad", UsageError.exit_code)


def test_a_device_that_does_not_learn_is_told(monkeypatch):
    monkeypatch.setattr(trial, "UPDATES", 1)  # from one loss nothing is learnt
    _, (device, *_) = trial.try_device("cpu")
    assert device.level == "bad"
    assert "wrongly" in device.remedy


def test_a_device_that_breaks_is_told(monkeypatch):
    def breaks(_):
        raise RuntimeError("no kernel image is available\nfor this card")

    monkeypatch.setattr(trial, "_learnt", breaks)
    compute, (device,) = trial.try_device("cpu")
    assert compute is None
    assert (device.level, device.exit_code) == ("bad", 2)
    assert "no kernel image is available" in device.what


def test_precisions_are_explained():
    compute = choose("cpu", "fp32")
    assert "fp32" in trial.precision(compute).what
    assert trial.peak_memory() is None or trial.peak_memory() > 10**6
