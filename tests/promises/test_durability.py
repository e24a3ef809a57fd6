"""After `saved step N`, step N or a later one loads: whatever kills the process, whichever call fails, however full
the disk. Each harness is tried on a naive writer, which it must catch."""

from __future__ import annotations

import errno
import itertools
import json
import os
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import durable
import pytest

from charlm.checkpoint import writing
from charlm.errors import CheckpointError
from charlm.runs import Run
from charlm.runs.files import Disk

HERE = Path(__file__).parent
pytestmark = pytest.mark.skipif(os.name == "nt", reason="kill -9, limits on files and mounts are not Windows's")


def program(name, *arguments, before=()):
    """The JSON that one of the harnesses beside this file prints."""
    result = subprocess.run(
        [*before, sys.executable, str(HERE / name), *map(str, arguments)], capture_output=True, text=True, timeout=3600
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


# kill -9


@pytest.mark.parametrize("trials", [200, pytest.param(5000, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])])
def test_kill_at_any_moment_loses_nothing_that_was_saved(tmp_path, trials):
    outcome = program("killing.py", "charlm", trials, 1, tmp_path)
    assert outcome["trials"] == trials
    assert outcome["saved"] > trials // 4  # the children were killed at work, not before it
    assert outcome["lost"] == []


def test_the_killing_harness_catches_a_naive_writer(tmp_path):
    assert len(program("killing.py", "naive", 100, 1, tmp_path)["lost"]) >= 5


# The i-th call fails


def failing(number, error, for_good):
    """A disk whose i-th call fails, a write when it is half done, and if `for_good` every later call too."""
    count = itertools.count(1)

    def wrapped(name, real):
        def call(*given):
            now = next(count)
            fails = now == number or (for_good and now > number)
            if fails and name == "write":
                real(given[0], given[1][: len(given[1]) // 2])
            if fails and name == "close":
                real(*given)  # as close(2) does: the descriptor is gone all the same
            if fails:
                raise OSError(error, os.strerror(error))
            return real(*given)

        return call

    return Disk(**{field.name: wrapped(field.name, field.default) for field in fields(Disk)}), count


def refusal(run, step):
    """What the disk refused; None where it took the checkpoint."""
    try:
        durable.write(run, step, best=True)
    except CheckpointError as error:
        return error
    return None


def trouble(root, step, number, error, for_good):
    """One accident: what was lost, None where there were too few calls for it to happen, empty where all is well."""
    run = durable.a_run(root / str(number))
    disk, count = failing(number, error, for_good)
    said = refusal(Run(run.folder, disk), step)
    if said:
        assert said.where.startswith(str(run.folder))
        assert "bytes were needed" in said.what
        assert ("disk is full" in said.what) == (error == errno.ENOSPC)
    if next(count) <= number:
        return None
    if said and not for_good and not durable.is_whole(run.folder / "step-2"):
        return "a reader, who puts nothing back, finds the older one no longer"
    # once the newer one is saved, some older one is no longer kept
    lost = durable.what_was_lost(run, 2, (1, 2)) if said else durable.what_was_lost(run, step)
    durable.write(run, 4)
    assert not [path.name for path in run.folder.iterdir() if path.name.startswith(".writing")]
    return lost or durable.what_was_lost(run, 4)


def troubles(root, step, error, for_good):
    """What each i brings, until the calls are all made."""
    outcomes = (trouble(root, step, number, error, for_good) for number in itertools.count(1))
    return list(itertools.takewhile(lambda outcome: outcome is not None, outcomes))


@pytest.mark.parametrize("step", [3, 2], ids=["a new checkpoint", "one over itself"])
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("for_good", [False, True], ids=["once", "from then on"])
def test_whichever_call_fails_an_older_or_the_newer_one_loads(tmp_path, step, error, for_good):
    outcomes = troubles(tmp_path, step, error, for_good)
    assert len(outcomes) > 25  # three files, two folders, three pointers, and what is deleted
    assert not any(outcomes), [(number, lost) for number, lost in enumerate(outcomes, 1) if lost]


def test_the_failing_harness_catches_a_naive_writer(tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "commit_folder", durable.in_place)
    assert any(troubles(tmp_path, 2, errno.ENOSPC, False))


# A full disk


MANY = [20, pytest.param(500, marks=pytest.mark.slow)]


@pytest.mark.parametrize("levels", MANY)
def test_a_limit_on_files_costs_no_older_checkpoint(tmp_path, levels):
    outcome = program("filling.py", "charlm", "file", levels, tmp_path / "runs")
    assert outcome["refused"] > levels // 2
    assert outcome["bad"] == []


def small_disk(folder):
    """What to put before a command so that it finds a file system of 1 MB at the folder; skips where none can be."""
    folder.mkdir()
    mount = f'mount -t tmpfs -o size=1m none "{folder}" && exec "$@"'
    before = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, "sh"]
    try:
        allowed = subprocess.run([*before, "true"], capture_output=True).returncode == 0
    except FileNotFoundError:
        allowed = False
    if not allowed:
        pytest.skip("no file system can be mounted here; the limit on files stands for it")
    return before


@pytest.mark.parametrize("levels", MANY)
def test_a_full_disk_costs_no_older_checkpoint(tmp_path, levels):
    before = small_disk(tmp_path / "disk")
    outcome = program("filling.py", "charlm", "disk", levels, tmp_path / "disk/runs", before=before)
    assert outcome["refused"] > levels // 2
    assert outcome["bad"] == []


def test_the_filling_harness_catches_a_naive_writer(tmp_path):
    assert program("filling.py", "naive", "file", 20, tmp_path / "runs")["bad"]
