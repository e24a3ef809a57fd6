"""After `saved step N`, step N or a later one loads, whatever kills the process, fails a call or fills the disk.

Each harness is also tried on a naive writer, and must catch it.
"""

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
pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs kill -9, file limits and mounts of POSIX")


def program(name, *arguments, before=()):
    """Run one of the harnesses beside this file, and give the JSON that it prints."""
    result = subprocess.run(
        [*before, sys.executable, str(HERE / name), *map(str, arguments)], capture_output=True, text=True, timeout=3600
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


# kill -9


@pytest.mark.parametrize("trials", [120, pytest.param(5000, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])])
def test_a_kill_at_any_moment_loses_no_saved_checkpoint(tmp_path, trials):
    outcome = program("killing.py", "charlm", trials, 1, tmp_path)
    assert outcome["trials"] == trials
    assert outcome["saved"] > trials // 4  # the children were killed while they wrote, not before
    assert outcome["lost"] == []


def test_the_killing_harness_catches_a_naive_writer(tmp_path):
    assert len(program("killing.py", "naive", 100, 1, tmp_path)["lost"]) >= 5


# The i-th call to the disk fails


def failing_disk(number, error, for_good):
    """A disk whose call `number` fails, a write after half of it. With `for_good` all later calls fail too."""
    count = itertools.count(1)

    def wrapped(name, real):
        def call(*given):
            now = next(count)
            fails = now == number or (for_good and now > number)
            if fails and name == "write":
                real(given[0], given[1][: len(given[1]) // 2])
            if fails and name == "close":
                real(*given)  # as with close(2), the descriptor is gone all the same
            if fails:
                raise OSError(error, os.strerror(error))
            return real(*given)

        return call

    return Disk(**{field.name: wrapped(field.name, field.default) for field in fields(Disk)}), count


def error_of_write(run, step):
    """The error of writing a checkpoint; None if it was written."""
    try:
        durable.write(run, step, best=True)
    except CheckpointError as error:
        return error
    return None


def loss_after_failure(root, step, number, error, for_good):
    """What is lost if call `number` fails; empty if nothing is, None if there were fewer calls."""
    run = durable.create_run(root / str(number))
    disk, count = failing_disk(number, error, for_good)
    error_raised = error_of_write(Run(run.folder, disk), step)
    if error_raised:
        assert error_raised.where.startswith(str(run.folder))
        assert "bytes were needed" in error_raised.what
        assert ("disk is full" in error_raised.what) == (error == errno.ENOSPC)
    if next(count) <= number:
        return None
    if error_raised and not for_good and not durable.is_whole(run.folder / "step-2"):
        return "the older checkpoint is no longer found by a process that only reads"
    # after the newer one is saved, an older one may be deleted
    lost = durable.what_was_lost(run, 2, (1, 2)) if error_raised else durable.what_was_lost(run, step)
    durable.write(run, 4)
    assert not [path.name for path in run.folder.iterdir() if path.name.startswith(".writing")]
    return lost or durable.what_was_lost(run, 4)


def losses_after_failures(root, step, error, for_good):
    """What is lost if the i-th call fails, for i = 1, 2, ... until all calls succeed."""
    outcomes = (loss_after_failure(root, step, number, error, for_good) for number in itertools.count(1))
    return list(itertools.takewhile(lambda outcome: outcome is not None, outcomes))


# Each pair of: a new checkpoint or one written over another, a full or a broken disk, once or from then on.
PAIRS = {
    "a new one, full once": (3, errno.ENOSPC, False),
    "a new one, broken from then on": (3, errno.EIO, True),
    "an overwritten one, full from then on": (2, errno.ENOSPC, True),
    "an overwritten one, broken once": (2, errno.EIO, False),
}


@pytest.mark.parametrize(("step", "error", "for_good"), PAIRS.values(), ids=PAIRS)
def test_whichever_call_fails_an_older_or_the_newer_checkpoint_loads(tmp_path, step, error, for_good):
    outcomes = losses_after_failures(tmp_path, step, error, for_good)
    assert len(outcomes) > 25  # the calls for three files, two folders, three pointers and deletions
    assert not any(outcomes), [(number, lost) for number, lost in enumerate(outcomes, 1) if lost]


def test_the_harness_of_failing_calls_catches_a_naive_writer(tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "commit_folder", durable.write_in_place)
    assert any(losses_after_failures(tmp_path, 2, errno.ENOSPC, False))


# A full disk


MANY = [20, pytest.param(500, marks=pytest.mark.slow)]


@pytest.mark.parametrize("levels", MANY)
def test_a_limit_on_file_sizes_loses_no_older_checkpoint(tmp_path, levels):
    outcome = program("filling.py", "charlm", "file", levels, tmp_path / "runs")
    assert outcome["refused"] > levels // 2
    assert outcome["bad"] == []


def small_disk(folder):
    """A prefix that runs a command with a file system of 1 MB mounted at the folder; skips if none can be mounted."""
    folder.mkdir()
    mount = f'mount -t tmpfs -o size=1m none "{folder}" && exec "$@"'
    before = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, "sh"]
    try:
        allowed = subprocess.run([*before, "true"], capture_output=True).returncode == 0
    except FileNotFoundError:
        allowed = False
    if not allowed:
        pytest.skip("no file system can be mounted here; the test of file limits covers most of this")
    return before


@pytest.mark.parametrize("levels", MANY)
def test_a_full_disk_loses_no_older_checkpoint(tmp_path, levels):
    before = small_disk(tmp_path / "disk")
    outcome = program("filling.py", "charlm", "disk", levels, tmp_path / "disk/runs", before=before)
    assert outcome["refused"] > levels // 2
    assert outcome["bad"] == []


def test_the_filling_harness_catches_a_naive_writer(tmp_path):
    assert program("filling.py", "naive", "file", 20, tmp_path / "runs")["bad"]
