"""A folder appears whole or not at all. tests/promises/test_durability.py lets every call fail once."""

from __future__ import annotations

import errno
import os

import pytest

from charlm.checkpoint.commit import commit_folder
from charlm.errors import CheckpointError
from charlm.runs.files import Disk


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_folder_holds_just_the_files(tmp_path):
    commit_folder(tmp_path / "step-1", {"a": b"one", "b": b"two", "empty": b""})
    assert contents(tmp_path / "step-1") == {"a": b"one", "b": b"two", "empty": b""}
    assert [path.name for path in tmp_path.iterdir()] == ["step-1"]


def test_an_existing_folder_is_replaced_whole(tmp_path):
    commit_folder(tmp_path / "step-1", {"a": b"one", "old": b""})
    commit_folder(tmp_path / "step-1", {"a": b"two"})
    assert contents(tmp_path / "step-1") == {"a": b"two"}
    assert [path.name for path in tmp_path.iterdir()] == ["step-1"]


def test_files_are_synced_before_the_rename_and_the_rename_before_the_return(tmp_path):
    order = []

    def noted(call):
        return lambda *given: (order.append(call), getattr(os, call)(*given))[1]

    commit_folder(tmp_path / "step-1", {"a": b"one", "b": b"two"}, Disk(fsync=noted("fsync"), replace=noted("replace")))
    assert order == ["fsync", "fsync", "fsync", "replace", "fsync"]  # two files and their folder; then the name


def test_short_writes_are_continued(tmp_path):
    commit_folder(tmp_path / "step-1", {"a": b"letters"}, Disk(write=lambda file, rest: os.write(file, rest[:1])))
    assert contents(tmp_path / "step-1") == {"a": b"letters"}


@pytest.mark.parametrize(
    ("number", "reason"), [(errno.ENOSPC, "The disk is full"), (errno.EDQUOT, "The disk is full"), (errno.EIO, "I/O")]
)
def test_the_error_has_reason_path_and_size(tmp_path, number, reason):
    def refuse(*_):
        raise OSError(number, "I/O error")

    with pytest.raises(CheckpointError) as caught:
        commit_folder(tmp_path / "step-1", {"a": b"one", "b": bytes(2000)}, Disk(write=refuse))
    assert reason in caught.value.what
    assert "(2,003 bytes were needed)" in caught.value.what
    assert caught.value.where == str(tmp_path / "step-1")
    assert "Make room" in caught.value.remedy
    assert not list(tmp_path.iterdir())
