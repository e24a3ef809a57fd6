"""Recorded checkpoints, the pointers to them, and that nothing else is deleted."""

import json

import pytest

from charlm.errors import CheckpointError
from charlm.runs import create_run
from charlm.runs.folder import CHECKPOINT_FILES


@pytest.fixture
def run(tmp_path):
    return create_run(tmp_path, "mine", "x", {})


def write(folder, files=CHECKPOINT_FILES):
    folder.mkdir(exist_ok=True)
    for name in files:
        (folder / name).write_text("{}")
    return folder


def names(run):
    return [path.name for path in run.checkpoints]


def test_checkpoints_are_in_the_order_of_their_steps(run):
    for step in (100, 9, 20):
        write(run.record(step))
    write(run.folder / "step-x")
    write(run.folder / "step-007")
    (run.folder / "step-3").mkdir()  # without a description it is no checkpoint
    assert names(run) == ["step-9", "step-20", "step-100"]


def test_pointers_name_checkpoints_of_this_run_only(run, tmp_path):
    assert run.pointed("best") is None
    checkpoint = write(run.record(5))
    run.point("best", checkpoint)
    assert (run.folder / "best").read_text() == "step-5\n"
    assert run.pointed("best") == checkpoint
    write(tmp_path / "elsewhere")
    for text in ("../elsewhere", "step-6", "", "\0", "step-5/../step-5", "x" * 5000):
        (run.folder / "best").write_text(text)
        assert run.pointed("best") is None
    (run.folder / "best").write_bytes(b"\xff")
    assert run.pointed("best") is None


def test_a_checkpoint_is_recorded_before_it_exists(run):
    folder = run.record(5)
    assert folder == run.folder / "step-5"
    assert not folder.exists()
    assert json.loads((run.folder / "run.json").read_text())["checkpoints"] == ["step-5"]
    assert run.record(5) == folder
    assert run.mark["checkpoints"] == ["step-5"]


def test_a_folder_that_charlm_did_not_make_is_never_written_into(run):
    write(run.folder / "step-5")
    with pytest.raises(CheckpointError) as caught:
        run.record(5)
    assert "charlm did not make it" in caught.value.what


def test_the_newest_the_best_and_the_last_are_kept(run):
    for step in range(1, 8):
        write(run.record(step))
    run.point("best", run.folder / "step-2")
    run.point("last", run.folder / "step-5")
    assert sorted(run.prune(2)) == ["step-1", "step-3", "step-4"]
    assert names(run) == ["step-2", "step-5", "step-6", "step-7"]
    assert run.mark["checkpoints"] == names(run)
    assert run.prune(2) == []


def test_milestones_are_never_deleted(run):
    for step in range(1, 8):
        write(run.record(step))
    run.prune(1, milestones=3)
    assert names(run) == ["step-3", "step-6", "step-7"]


def test_only_recorded_checkpoints_are_deleted(run):
    for step in range(1, 5):
        write(run.record(step))
    (run.folder / "step-2" / "notes.txt").write_text("mine")
    write(run.folder / "step-0", (*CHECKPOINT_FILES, "theirs"))  # not charlm's
    write(run.folder / "backup")
    (run.folder / ".writing-step-9-1").mkdir()
    before = {path.name for path in run.folder.iterdir()}
    run.prune(1)
    after = {path.name for path in run.folder.iterdir()}
    assert before - after == {"step-1", "step-3"}
    assert [path.name for path in (run.folder / "step-2").iterdir()] == ["notes.txt"]
    assert {path.name for path in (run.folder / "step-0").iterdir()} == {*CHECKPOINT_FILES, "theirs"}


def test_a_link_is_not_followed(run, tmp_path):
    elsewhere = write(tmp_path / "elsewhere")
    run.record(1).symlink_to(elsewhere, target_is_directory=True)
    write(run.record(2))
    run.prune(1)
    assert {path.name for path in elsewhere.iterdir()} == set(CHECKPOINT_FILES)


def test_an_interrupted_deletion_continues(run):
    write(run.record(1), CHECKPOINT_FILES[1:])  # the description is deleted first
    write(run.record(2))
    assert names(run) == ["step-2"]
    run.prune(1)
    assert not (run.folder / "step-1").exists()


def test_leftovers_of_a_killed_writer_are_deleted(run):
    write(run.record(1))
    write(run.folder / ".writing-step-1-4711", CHECKPOINT_FILES[1:])
    write(run.folder / ".writing-step-1-4711-old")
    theirs = {".writing-step-9-1", ".writing-step-1-x", ".writing-"}  # not recorded, or of another form
    for name in theirs:
        (run.folder / name).mkdir()
    run.tidy()
    assert {path.name for path in run.folder.iterdir()} == {"run.json", "step-1", *theirs}


def test_a_checkpoint_moved_aside_is_put_back_if_its_successor_is_missing(run):
    write(run.record(1)).rename(run.folder / ".writing-step-1-4711-old")
    assert names(run) == []
    run.tidy()
    assert {path.name for path in (run.folder / "step-1").iterdir()} == set(CHECKPOINT_FILES)
    assert {path.name for path in run.folder.iterdir()} == {"run.json", "step-1"}


def test_a_run_can_be_made_the_latest(run):
    run.make_latest()
    assert (run.folder.parent / "latest").read_text() == "mine\n"


def test_changes_are_noted_once_and_those_that_were_given_up_are_deleted(run):
    run.record_changes(5, {"training.steps": (5, 9)})
    run.record_changes(5, {"training.steps": (5, 8)})
    run.record_changes(8, {"training.steps": (8, 12)})
    assert [each["step"] for each in run.mark["changed"]] == [5, 8]
    assert run.mark["changed"][0]["settings"] == {"training.steps": [5, 8]}
    run.write_mark({**run.mark, "changed": ["x", {"step": "y"}, 3]})
    run.record_changes(9, {})
    assert [each["step"] for each in run.mark["changed"]] == [9]
