"""Texts of a few kilobytes that are worked on as if they were large, in this process or in some of their own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from large_texts import InHere

from charlm.text import corpus as corpus_room
from charlm.text.shards import parts

LONG_AGO = 1_600_000_000  # seconds: what is as old as that is known by its times


@pytest.fixture
def in_parts(monkeypatch):
    """Every text is large, and a part is full with 100 bytes."""
    monkeypatch.setattr(parts, "LARGE", 0)
    monkeypatch.setattr(parts, "FULL", 100)


@pytest.fixture
def in_here(in_parts, monkeypatch):
    """The tasks are done in this process. Gives the class that does them."""

    InHere.tasks.clear()
    monkeypatch.setattr(corpus_room, "Workers", InHere)
    return InHere


@pytest.fixture
def folder(tmp_path):
    """A function that writes files, old ones, into a folder, and gives the folder."""

    def written(**files):
        for name, content in files.items():
            path = tmp_path / "shards" / name.replace("_", ".")
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
            os.utime(path, (LONG_AGO, LONG_AGO))
        return tmp_path / "shards"

    return written
