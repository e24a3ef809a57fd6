"""Finding the folder of a run or a checkpoint that the user names."""

import json
from pathlib import Path

import pytest

from charlm.errors import CheckpointError
from charlm.runs import command_name, create_run, find_checkpoint, latest_run, list_runs, open_run, runs_root


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path / "checkpoints"


def trained(root, name, *steps, best=None, last=None):
    run = create_run(root, name, "x", {})
    for step in steps:
        folder = run.record(step)
        folder.mkdir()
        (folder / "checkpoint.json").write_text("{}")
    for pointer, step in (("best", best), ("last", last)):
        if step is not None:
            run.point(pointer, run.folder / f"step-{step}")
    return run


def refusal(call, *arguments):
    with pytest.raises(CheckpointError) as caught:
        call(*arguments)
    assert caught.value.exit_code == 4
    return caught.value


def test_the_root_is_that_of_the_variable(monkeypatch):
    monkeypatch.delenv("CHARLM_RUNS", raising=False)
    assert runs_root() == Path("checkpoints")
    monkeypatch.setenv("CHARLM_RUNS", "elsewhere/runs")
    assert runs_root() == Path("elsewhere/runs")


def test_best_is_preferred_then_last_then_the_newest(root):
    trained(root, "a", 1, 2, 3, best=1, last=2)
    trained(root, "b", 1, 2, 3, last=2)
    trained(root, "c", 9, 10)
    assert [find_checkpoint(root, name).name for name in "abc"] == ["step-1", "step-2", "step-10"]


def test_a_pointer_to_a_missing_checkpoint_is_ignored(root):
    run = trained(root, "a", 1, 2, 3, best=1, last=3)
    (run.folder / "step-1" / "checkpoint.json").unlink()
    assert find_checkpoint(root, "a").name == "step-3"


def test_a_checkpoint_can_be_named_in_many_ways(root, tmp_path):
    run = trained(root, "a", 1, 2, best=1, last=2)
    run.make_latest()
    for target in (None, "latest", "a", "checkpoints/a", "checkpoints/a/", str(run.folder), "a/best", "a/step-1"):
        assert find_checkpoint(root, target).samefile(run.folder / "step-1"), target
    for target in ("a/last", "a/step-2", "checkpoints/a/step-2", str(run.folder / "last")):
        assert find_checkpoint(root, target).samefile(run.folder / "step-2"), target


def test_a_checkpoint_outside_of_a_run_is_found(root, tmp_path):
    alone = tmp_path / "sent by a friend"
    alone.mkdir()
    (alone / "checkpoint.json").write_text("{}")
    assert find_checkpoint(root, str(alone)) == alone


def test_a_run_can_be_opened_by_its_checkpoints(root):
    run = trained(root, "a", 1, best=1)
    for target in ("a", "a/best", "a/step-1", str(run.folder)):
        assert open_run(root, target).name == "a"


def test_a_run_can_be_opened_from_inside(root, monkeypatch):
    run = trained(root, "a", 1, best=1)
    monkeypatch.chdir(run.folder)
    assert open_run(root, ".").name == "a"
    assert open_run(root, "best").name == "a"
    monkeypatch.chdir(run.folder / "step-1")
    assert open_run(root, "..").name == "a"
    assert open_run(root, ".").name == "a"


def test_a_run_named_like_a_pointer_is_a_run(root):
    trained(root, "best", 1)
    assert open_run(root, "best").name == "best"
    assert find_checkpoint(root, "best").name == "step-1"


def test_without_a_target_it_is_the_run_that_trained_last(root):
    first, second = trained(root, "b", 1), trained(root, "a", 1)
    assert latest_run(root) in (first, second)
    first.make_latest()
    assert find_checkpoint(root).parent == first.folder
    (root / "latest").write_text("gone\n")
    assert open_run(root) in (first, second)


def test_without_a_target_a_run_without_a_checkpoint_is_passed_over(root):
    older, newer, empty = trained(root, "older", 1), trained(root, "newer", 1), trained(root, "empty")
    for day, run in enumerate((older, newer, empty), 1):
        run.write_mark({**run.mark, "created": f"2026-01-0{day}T00:00:00+00:00"})
    assert latest_run(root) == newer  # nothing says which trained last
    assert find_checkpoint(root).parent == newer.folder
    empty.make_latest()
    assert find_checkpoint(root).parent == newer.folder
    assert open_run(root) == empty  # which can be resumed
    assert refusal(find_checkpoint, root, "empty").what == "The run empty has no checkpoint yet"


def test_a_file_of_a_checkpoint_names_the_checkpoint(root):
    run = trained(root, "a", 1, 2, best=1)
    (run.folder / "step-2" / "model.safetensors").write_text("")
    for target in ("a/step-2/checkpoint.json", str(run.folder / "step-2" / "model.safetensors")):
        assert find_checkpoint(root, target).samefile(run.folder / "step-2"), target
        assert open_run(root, target).name == "a", target


def test_a_run_that_is_being_created_is_no_run_yet(root):
    run = trained(root, "a", 1)
    run.folder.rename(root / ".new-1-2")
    assert list_runs(root) == []


def test_a_run_is_named_for_a_shell(root, tmp_path):
    assert command_name(trained(root, "a")) == "a"
    assert command_name(trained(tmp_path / "my runs", "b")) == f"'{tmp_path / 'my runs' / 'b'}'"


def test_a_similar_name_is_suggested(root):
    trained(root, "python-docs-lstm-1", 1)
    trained(root, "shakespeare", 1)
    error = refusal(find_checkpoint, root, "shakespear")
    assert error.what == "There is no run shakespear"
    assert error.where == f"in {root}"
    assert error.remedy.startswith("Did you mean shakespeare? Runs: ")
    assert "python-docs-lstm-1" in error.remedy


@pytest.mark.parametrize("target", [None, "x", "latest"])
def test_without_runs_the_error_says_how_to_train_one(root, target):
    assert "charlm train mybook.txt" in refusal(find_checkpoint, root, target).remedy


@pytest.mark.parametrize("target", ["", "x" * 5000, "a\0b", "nobody/there", "~nobody-at-all/x"])
def test_invalid_targets_are_refused(root, target):
    trained(root, "a", 1)
    assert "Runs: a." in refusal(find_checkpoint, root, target).remedy


def test_a_foreign_folder_is_refused(root, tmp_path):
    trained(root, "a", 1)
    (tmp_path / "photos" / "step-1").mkdir(parents=True)
    assert "is not a run" in refusal(open_run, root, "photos").what
    assert "is not a run" in refusal(find_checkpoint, root, str(tmp_path / "photos")).what
    (tmp_path / "file.txt").write_text("x")
    assert "is not a run" in refusal(open_run, root, "file.txt").what


def test_a_run_without_checkpoints_is_to_be_resumed(root):
    trained(root, "a")
    error = refusal(find_checkpoint, root, "a")
    assert error.what == "The run a has no checkpoint yet"
    assert "charlm train --resume a" in error.remedy


def test_a_run_of_another_format_is_refused(root):
    run = trained(root, "a", 1)
    (run.folder / "run.json").write_text(json.dumps({"format": 2}))
    assert "does not know: 2" in refusal(open_run, root, "a").what


def test_only_runs_are_listed_oldest_first(root):
    assert list_runs(root) == []
    later, earlier = trained(root, "a"), trained(root, "b")
    later.write_mark({**later.mark, "created": "2030-01-01T00:00:00+00:00"})
    (root / "folder").mkdir()
    (root / "README.md").write_text("x")
    assert list_runs(root) == [earlier, later]


def test_a_root_that_is_a_file_is_reported(root):
    root.write_text("")
    assert "CHARLM_RUNS" in refusal(list_runs, root).remedy
