"""Removing and renaming runs: only what charlm wrote, only in the folder of the runs."""

from __future__ import annotations

import pytest

from charlm.errors import CheckpointError, UsageError
from charlm.runs import create_run, latest_run, lock_run, open_run
from charlm.runs.folder import CHECKPOINT_FILES
from charlm.runs.removing import own_run, remove_run, rename_run


@pytest.fixture
def run(tmp_path):
    made = create_run(tmp_path, "mine", "x", {})
    for step in (10, 20):
        folder = made.record(step)
        folder.mkdir()
        for name in CHECKPOINT_FILES:
            (folder / name).write_text("{}")
    made.point("best", made.folder / "step-20")
    (made.folder / "metrics.jsonl").write_text("{}\n")
    made.make_latest()
    return made


def test_a_run_is_removed_with_all_that_charlm_wrote(run, tmp_path):
    (run.folder / ".writing-step-20-77").mkdir()
    with lock_run(run):
        assert remove_run(run) == []
    assert not run.folder.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["latest"]


def test_files_of_the_user_stay_and_are_named(run):
    (run.folder / "notes.txt").write_text("keep me")
    (run.folder / "step-20" / "mine.txt").write_text("keep me")
    (run.folder / "step-99").mkdir()
    (run.folder / "step-99" / "checkpoint.json").write_text("not recorded")
    assert remove_run(run) == ["notes.txt", "step-20", "step-99"]
    assert (run.folder / "notes.txt").read_text() == "keep me"
    assert (run.folder / "step-20" / "mine.txt").exists()
    assert (run.folder / "step-99" / "checkpoint.json").exists()


def test_a_linked_checkpoint_is_not_followed(run, tmp_path):
    elsewhere = (run.folder / "step-20").rename(tmp_path / "elsewhere")
    (run.folder / "step-20").symlink_to(elsewhere)
    assert remove_run(run) == ["step-20"]
    assert (elsewhere / "model.safetensors").exists()


def test_a_removal_that_was_interrupted_can_be_repeated(run, monkeypatch):
    unlink, count = run.disk.unlink, 0

    def failing(path):
        nonlocal count
        count += 1
        if path.name == "config.yaml":
            raise PermissionError(13, "Permission denied", str(path))
        unlink(path)

    from dataclasses import replace

    from charlm.runs.files import DISK

    broken = replace(run, disk=replace(DISK, unlink=failing))
    with pytest.raises(CheckpointError, match="cannot be removed: Permission denied"):
        remove_run(broken)
    assert remove_run(open_run(run.folder.parent, "mine")) == []
    assert not run.folder.exists()


def test_only_a_run_in_the_folder_of_the_runs_is_taken(run, tmp_path):
    root = tmp_path
    assert own_run(root, "mine").folder == run.folder
    assert own_run(root, str(run.folder)).folder == run.folder
    assert own_run(root, "latest").folder == run.folder
    outside = create_run(tmp_path / "other", "away", "x", {})
    (root / "link").symlink_to(outside.folder)
    for name in (str(outside.folder), "other/away", "link"):
        with pytest.raises(UsageError, match="not in the folder of the runs"):
            own_run(root, name)
    for name in ("mine/step-20", "mine/best"):
        with pytest.raises(UsageError, match="is a part of the run mine"):
            own_run(root, name)
    with pytest.raises(CheckpointError):
        own_run(root, "other")  # no run


def test_a_renamed_run_is_the_same_run_and_still_the_latest(run, tmp_path):
    with lock_run(run):
        renamed = rename_run(run, "owl")
    assert not run.folder.exists()
    assert renamed.name == latest_run(tmp_path).name == "owl"
    assert not (renamed.folder / "writer.json").exists()
    assert renamed.pointed("best") == renamed.folder / "step-20"


@pytest.mark.parametrize("name", ["", "latest", ".hidden", "a/b", "../up", "x" * 81])
def test_a_name_that_no_run_can_have_is_refused(run, name):
    with pytest.raises(UsageError, match="cannot be the name"):
        rename_run(run, name)
    assert run.folder.exists()


def test_a_name_that_is_taken_is_refused(run, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(CheckpointError, match="already"):
        rename_run(run, "empty")
