"""Files are written whole or not at all; small JSON files are read safely."""

import errno
import os

import pytest

from charlm.errors import CheckpointError
from charlm.runs.files import MAX_JSON, Disk, read_json, replace_text


def test_the_text_is_replaced_and_nothing_else_is_left(tmp_path):
    path = tmp_path / "best"
    replace_text(path, "step-1\n")
    replace_text(path, "step-2\nä\n")
    assert path.read_bytes() == "step-2\nä\n".encode()
    assert [each.name for each in tmp_path.iterdir()] == ["best"]


@pytest.mark.parametrize("call", ["open", "write", "fsync", "replace"])
def test_a_failure_leaves_the_old_text(tmp_path, call):
    path = tmp_path / "best"
    replace_text(path, "old")

    def refuse(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(CheckpointError) as caught:
        replace_text(path, "newer", Disk(**{call: refuse}))
    assert "The disk is full (5 bytes were needed)" in caught.value.what
    assert caught.value.where == str(path)
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["best"]


def test_every_write_is_synced_before_it_is_renamed(tmp_path):
    order = []

    def noted(call):
        return lambda *given: (order.append(call), getattr(os, call)(*given))[1]

    replace_text(tmp_path / "x", "text", Disk(fsync=noted("fsync"), replace=noted("replace")))
    assert order == ["fsync", "replace", "fsync"]  # the file, then its name


@pytest.mark.parametrize("content", [b"", b"[1]", b"{", b"\xff", b"[" * 100_000, b'"x"'])
def test_json_that_is_no_object_is_read_as_empty(tmp_path, content):
    path = tmp_path / "x.json"
    path.write_bytes(content)
    assert read_json(path) == {}


def test_json_that_is_absent_or_too_large_is_read_as_empty(tmp_path):
    assert read_json(tmp_path / "none") == {}
    assert read_json(tmp_path) == {}
    endless = tmp_path / "endless"
    with endless.open("wb") as file:
        file.truncate(MAX_JSON + 1)
    assert read_json(endless) == {}
