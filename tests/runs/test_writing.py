"""Small files are whole or absent."""

import os

import pytest

from charlm.errors import CheckpointError
from charlm.runs.writing import MAX_JSON, read_json, replace_text


def test_the_text_is_replaced_and_nothing_else_is_left(tmp_path):
    path = tmp_path / "best"
    replace_text(path, "step-1\n")
    replace_text(path, "step-2\nä\n")
    assert path.read_bytes() == "step-2\nä\n".encode()
    assert [each.name for each in tmp_path.iterdir()] == ["best"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_failure_leaves_the_old_text(tmp_path, monkeypatch, call):
    path = tmp_path / "best"
    replace_text(path, "old")

    def refuse(*_):
        raise OSError(28, "No space left on device")

    if call == "fsync":
        monkeypatch.setattr(os, "fsync", refuse)
    else:
        monkeypatch.setattr(type(path), "replace", refuse)
    with pytest.raises(CheckpointError) as caught:
        replace_text(path, "new")
    assert "No space left" in caught.value.what
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["best"]


def test_every_write_is_synced_before_it_is_renamed(tmp_path, monkeypatch):
    order = []
    fsync, replace = os.fsync, type(tmp_path).replace
    monkeypatch.setattr(os, "fsync", lambda descriptor: (order.append("fsync"), fsync(descriptor))[1])
    monkeypatch.setattr(type(tmp_path), "replace", lambda a, b: (order.append("rename"), replace(a, b))[1])
    replace_text(tmp_path / "x", "text")
    assert order == ["fsync", "rename", "fsync"]  # the file, then its name


@pytest.mark.parametrize("content", [b"", b"[1]", b"{", b"\xff", b"[" * 100_000, b'"x"'])
def test_json_that_is_no_object_reads_as_nothing(tmp_path, content):
    path = tmp_path / "x.json"
    path.write_bytes(content)
    assert read_json(path) == {}


def test_json_that_is_not_there_or_endless_reads_as_nothing(tmp_path):
    assert read_json(tmp_path / "none") == {}
    assert read_json(tmp_path) == {}
    endless = tmp_path / "endless"
    with endless.open("wb") as file:
        file.truncate(MAX_JSON + 1)
    assert read_json(endless) == {}
