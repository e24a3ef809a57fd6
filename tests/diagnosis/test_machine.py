"""Checks of the machine and its devices, and the exit code of all findings."""

import os
import shutil
import sys
from collections import namedtuple

import pytest

from charlm.config.settings import ModelSettings
from charlm.device import Compute, choose_compute
from charlm.diagnosis import machine, trial
from charlm.diagnosis.finding import Finding, finding_from_error, overall_exit_code
from charlm.errors import CheckpointError, TextError, UsageError
from charlm.kernels import library
from charlm.kernels.building import Level
from charlm.kernels.choosing import Choice


def test_the_exit_code_is_that_of_a_bad_text_or_else_the_largest():
    def bad(code):
        return Finding("x", "bad", "", exit_code=code)

    assert overall_exit_code([]) == overall_exit_code([Finding("x", "warn", "")]) == 0
    assert overall_exit_code([bad(4), Finding("x", "ok", "")]) == 4
    assert overall_exit_code([bad(4), bad(3), bad(2)]) == 3
    assert overall_exit_code([bad(0)]) == 1
    assert finding_from_error("text", TextError("what", "where", "remedy")).exit_code == 3


def test_this_machine_is_described():
    findings = {finding.name: finding for finding in machine.check_machine()}
    assert list(findings) == ["versions", "kernels", "load", "disk", "runs", "cache", "encoding"]
    assert findings["versions"].facts["charlm"]
    assert findings["load"].facts["cores"] >= 1


def test_missing_kernels_are_reported_with_a_remedy(monkeypatch):
    monkeypatch.setattr(machine, "library", lambda: None)
    monkeypatch.delenv("CHARLM_KERNELS", raising=False)
    assert machine.check_kernels().level == "warn"
    assert "python -m charlm.kernels" in machine.check_kernels().remedy
    monkeypatch.setenv("CHARLM_KERNELS", "0")
    assert machine.check_kernels().remedy == "Unset CHARLM_KERNELS."
    monkeypatch.setenv("CHARLM_KERNELS", "no-such-level")
    assert (machine.check_kernels().level, machine.check_kernels().exit_code) == ("bad", 2)


def test_the_level_of_the_kernels_is_reported(monkeypatch):
    monkeypatch.setattr(machine, "library", object)
    monkeypatch.setattr(machine, "choice", lambda: Choice(Level("avx2")))
    assert machine.check_kernels().level == "ok"
    assert machine.check_kernels().what == "level avx2"
    assert machine.check_kernels().facts["level"] == "avx2"
    monkeypatch.setattr(machine, "choice", lambda: Choice(Level("avx2"), "avx512 is not compiled"))
    assert machine.check_kernels().level == "warn"
    assert machine.check_kernels().what == "level avx2: avx512 is not compiled"
    monkeypatch.setattr(machine, "library", lambda: None)
    assert "cannot be loaded" in machine.check_kernels().what


@pytest.mark.parametrize(("average", "level"), [(0.0, "ok"), (99.0, "warn")])
def test_a_high_load_is_a_warning(monkeypatch, average, level):
    monkeypatch.setattr(os, "getloadavg", lambda: (average, 0, 0))
    assert machine.check_load().level == level
    monkeypatch.delattr(os, "getloadavg")
    monkeypatch.setattr(machine, "describe_cores", lambda: "one core")
    assert machine.check_load().what.startswith("one core;")


def test_the_cores_are_described_with_what_limits_them(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(machine, "cores", lambda: 2)
    monkeypatch.setattr(machine, "processor_quota", lambda: 1.5)
    assert machine.describe_cores() == "2 cores of the machine's 64, a quota of 1.5"
    monkeypatch.setattr(machine, "processor_quota", lambda: None)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert machine.describe_cores() == "2 cores of the machine's 64, OMP_NUM_THREADS=1"
    monkeypatch.delenv("OMP_NUM_THREADS")
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    assert machine.describe_cores() == "2 cores"


@pytest.mark.parametrize(("free", "level"), [(10**12, "ok"), (10**9, "warn"), (10**6, "bad")])
def test_little_free_space_is_a_warning_and_too_little_is_bad(monkeypatch, tmp_path, free, level):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: namedtuple("Usage", "free")(free))
    found = machine.check_disk(tmp_path / "not" / "yet")
    assert found.level == level
    assert bool(found.remedy) == (level != "ok")
    assert found.exit_code == (CheckpointError.exit_code if level == "bad" else 0)


def test_a_disk_that_does_not_report_its_space_is_a_warning(monkeypatch, tmp_path):
    def refuse(_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(shutil, "disk_usage", refuse)
    assert machine.check_disk(tmp_path).level == "warn"


def test_a_folder_that_cannot_be_written_to_is_reported(tmp_path):
    (tmp_path / "file").write_text("in the way")
    assert machine.check_writable("runs", tmp_path, needed=True).level == "ok"
    assert "can be created" in machine.check_writable("runs", tmp_path / "new", needed=True).what
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]
    runs = machine.check_writable("runs", tmp_path / "file", needed=True)
    assert (runs.level, runs.exit_code) == ("bad", 4)
    assert machine.check_writable("cache", tmp_path / "file", needed=False).level == "warn"


def test_an_output_that_lacks_characters_is_a_warning(monkeypatch):
    assert machine.check_terminal().facts["is_terminal"] in (True, False)
    with open(os.devnull, "w", encoding="ascii") as stream:  # noqa: PTH123 - stdout is such a stream
        monkeypatch.setattr(sys, "stdout", stream)
        assert machine.check_terminal().level == "warn"
    monkeypatch.setattr(sys, "stdout", None)
    assert machine.check_terminal().level == "warn"


def test_a_device_that_learns_and_one_that_does_not_exist():
    compute, (device, precision) = trial.try_device("cpu")
    assert compute is not None
    assert device.level == precision.level == "ok"
    assert device.facts["last_nats"] < device.facts["first_nats"]
    assert device.facts["sampled_characters"] == trial.SAMPLE_LENGTH
    none, (missing,) = trial.try_device("cuda:99")
    assert none is None
    assert (missing.level, missing.exit_code) == ("bad", UsageError.exit_code)


def test_a_device_that_does_not_learn_is_bad(monkeypatch):
    monkeypatch.setattr(trial, "UPDATES", 1)  # a single loss cannot decrease
    _, (device, *_) = trial.try_device("cpu")
    assert device.level == "bad"
    assert "wrong results" in device.remedy


def test_a_device_that_fails_is_bad(monkeypatch):
    def fail(_):
        raise RuntimeError("no kernel image is available\nfor this card")

    monkeypatch.setattr(trial, "_train_and_sample", fail)
    compute, (device,) = trial.try_device("cpu")
    assert compute is None
    assert (device.level, device.exit_code) == ("bad", 2)
    assert "no kernel image is available" in device.what


def test_the_precision_is_explained():
    compute = choose_compute("cpu", "fp32")
    assert "fp32" in trial.explain_precision(compute).what


def test_the_engines_are_named():
    mixed = ModelSettings.model_validate({"layers": [{"cell": "gru"}, {"cell": "mut1"}]})
    found = trial.explain_engines(mixed, choose_compute("cpu", "fp32"))
    assert found.level == "ok"
    if library() is None:
        assert found.what == "train: torch kernel, scan; score: torch kernel, scan; sample: definition"
        assert found.facts["score_numpy"] == ("definition", "definition")
    else:
        assert found.what == "train: cell kernel; score: cell kernel; sample: stream kernel"
        assert found.facts["score_numpy"] == ("cell kernel", "cell kernel")
    sampled = "definition" if library() is None else "stream kernel"
    attentive = ModelSettings.model_validate({"attention": {"window": 4}})
    with_attention = trial.explain_engines(attentive, choose_compute("cpu", "fp32")).what
    assert with_attention.endswith(f"; sample: {sampled}, with attention as its definition")
    on_gpu = trial.explain_engines(ModelSettings(cell="mut1"), Compute("cuda", "fp32", "a GPU", 1))
    assert on_gpu.what == f"train: scan in a CUDA graph; score: scan; sample: {sampled} and cuda graph"
