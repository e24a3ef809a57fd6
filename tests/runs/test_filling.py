"""What a killed process leaves while it creates a run is cleared by the next one, and never what a live one fills."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from charlm.runs import create_run
from charlm.runs.filling import HIDDEN, LOCKED, OLD, clear_leftovers, new_folder

FILL = """
import sys
from pathlib import Path
from charlm.runs.filling import new_folder
with new_folder(Path(sys.argv[1])) as folder:
    (folder / "run.json").write_text("{}")
    print("filling", flush=True)
    sys.stdin.readline()
    folder.rename(folder.parent / "mine")
"""


@pytest.fixture
def filling(tmp_path):
    """A process that fills a folder until it reads a line."""
    process = subprocess.Popen(
        [sys.executable, "-c", FILL, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "filling\n"
    yield process
    process.kill()
    process.communicate()


def hidden(root):
    return sorted(path.name for path in root.iterdir() if path.name.startswith(HIDDEN))


def aged(path):
    then = path.stat().st_mtime - 2 * OLD
    os.utime(path, (then, then))
    return path


def test_a_sigkill_while_a_run_is_created_leaves_nothing_after_the_next_one(filling, tmp_path):
    filling.kill()
    filling.wait()
    assert len(hidden(tmp_path)) == 2, "the folder and its lock"
    create_run(tmp_path, "next", "x", {})
    assert [path.name for path in tmp_path.iterdir()] == ["next"]


def test_a_list_of_the_runs_clears_what_a_killed_process_left(charlm, filling, tmp_path):
    filling.kill()
    filling.wait()
    assert charlm("runs", "list", env={"CHARLM_RUNS": str(tmp_path)}).returncode == 0
    assert hidden(tmp_path) == []


def test_what_a_live_process_fills_is_never_cleared(charlm, filling, tmp_path):
    before = hidden(tmp_path)
    for name in before:  # not even if it is old
        aged(tmp_path / name)
    create_run(tmp_path, "next", "x", {})
    assert charlm("runs", "list", env={"CHARLM_RUNS": str(tmp_path)}).returncode == 0
    assert hidden(tmp_path) == before
    filling.communicate("go on\n", timeout=60)
    assert filling.returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "next"]
    assert (tmp_path / "mine/run.json").read_text() == "{}"


def test_a_process_id_that_another_process_has_by_now_keeps_nothing(tmp_path):
    """As an older version named its folder: without a lock, and for a process that exists."""
    old, young = (tmp_path / f"{HIDDEN}{os.getpid()}-{number}" for number in (1, 2))
    for folder in (old, young):
        folder.mkdir()
        (folder / "config.yaml").write_text("")
    aged(old)
    clear_leftovers(tmp_path)
    assert hidden(tmp_path) == [young.name]


def test_on_a_shared_disk_the_leftovers_of_another_machine_stay_until_they_are_old(tmp_path):
    folder, lock = tmp_path / f"{HIDDEN}1", tmp_path / f"{HIDDEN}1{LOCKED}"
    folder.mkdir()
    lock.write_text("another-machine")
    clear_leftovers(tmp_path)
    assert hidden(tmp_path) == [folder.name, lock.name]
    aged(lock)
    clear_leftovers(tmp_path)
    assert hidden(tmp_path) == []


def test_a_folder_of_another_process_is_tried_no_second_time(tmp_path, monkeypatch):
    """Two processes that draw the same token get two folders."""
    tokens = iter(["a", "a", "b"])
    monkeypatch.setattr("charlm.runs.filling.secrets.token_hex", lambda _: next(tokens))
    with new_folder(tmp_path) as first, new_folder(tmp_path) as second:
        assert (first.name, second.name) == (f"{HIDDEN}a", f"{HIDDEN}b")
    assert list(tmp_path.iterdir()) == []


def test_nothing_outside_is_cleared(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "mine").write_text("")
    root = tmp_path / "runs"
    root.mkdir()
    (root / f"{HIDDEN}1").symlink_to(outside)
    aged(outside)
    clear_leftovers(root)
    assert [path.name for path in outside.iterdir()] == ["mine"]
