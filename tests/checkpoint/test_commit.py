from __future__ import annotations

import errno
import itertools
import os

import pytest

from charlm.checkpoint.commit import commit
from charlm.errors import CheckpointError


def test_the_folder_holds_just_the_files(tmp_path):
    commit(tmp_path / "step-1", {"a": b"one", "b": b"two"})
    assert {path.name: path.read_bytes() for path in (tmp_path / "step-1").iterdir()} == {"a": b"one", "b": b"two"}
    assert [path.name for path in tmp_path.iterdir()] == ["step-1"]


def test_an_existing_folder_is_replaced_whole(tmp_path):
    commit(tmp_path / "step-1", {"a": b"one", "old": b""})
    commit(tmp_path / "step-1", {"a": b"two"})
    assert {path.name: path.read_bytes() for path in (tmp_path / "step-1").iterdir()} == {"a": b"two"}
    assert [path.name for path in tmp_path.iterdir()] == ["step-1"]


@pytest.mark.parametrize("call", ["open", "write", "fsync", "close", "rename"])
def test_whichever_call_fails_what_was_there_is_still_there(tmp_path, monkeypatch, call):
    real = getattr(os, call)
    for number in itertools.count(1):
        folder = tmp_path / str(number)
        commit(folder / "step-1", {"a": b"one", "b": b"one"})
        calls = iter(range(1, 1000))

        def failing(*given, calls=calls, number=number, **named):
            if next(calls) == number:
                raise OSError(errno.ENOSPC, "No space left on device")
            return real(*given, **named)

        with monkeypatch.context() as patch:
            patch.setattr(os, call, failing)
            try:
                commit(folder / "step-2", {"a": b"two", "b": b"two"})
                said = ""
            except CheckpointError as error:
                said = error.what
        assert {path.name: path.read_bytes() for path in (folder / "step-1").iterdir()} == {"a": b"one", "b": b"one"}
        if (folder / "step-2").exists():
            assert {path.read_bytes() for path in (folder / "step-2").iterdir()} == {b"two"}
        if said:
            assert "disk is full" in said
            assert "6 bytes" in said
        else:
            assert number > 1  # the call is made at least once, so that failing it has shown something
            break
