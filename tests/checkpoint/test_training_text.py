"""The training part of a checkpoint's text, with its suffix array from the cache."""

from __future__ import annotations

import pytest

from charlm.checkpoint import load_checkpoint, training_text
from charlm.errors import CheckpointError, TextError
from charlm.runs import find_checkpoint

pytest.importorskip("pydivsufsort", reason="the extra constrain")


@pytest.fixture
def checkpoint(tiny_run):
    return load_checkpoint(find_checkpoint(tiny_run, "tiny"))


def test_the_training_part_is_searched_and_its_array_kept(checkpoint, monkeypatch):
    ids = checkpoint.vocabulary.encode("The owl went out to look for mice").ids.tolist()
    assert training_text.open_verbatim(checkpoint, "").longest_run(ids) == 33
    monkeypatch.setattr(training_text, "suffix_array", lambda ids: pytest.fail("it is in the cache"))
    assert training_text.open_verbatim(checkpoint, "").longest_run([*ids, *ids]) == 33


def test_a_cache_that_cannot_be_written_is_no_matter(checkpoint, monkeypatch, tmp_path):
    (tmp_path / "cache").write_text("a file")
    monkeypatch.setenv("CHARLM_CACHE", str(tmp_path / "cache"))
    assert training_text.open_verbatim(checkpoint, "").longest_run(checkpoint.vocabulary.encode("owl").ids) == 3


def test_a_text_that_is_gone_or_another_is_an_error(checkpoint, verse):
    content = verse.read_bytes()
    try:
        verse.write_bytes(content + b"and more\n")
        with pytest.raises(CheckpointError, match="no longer the one"):
            training_text.open_verbatim(checkpoint, "charlm sample tiny")
        verse.unlink()
        with pytest.raises(TextError):
            training_text.open_verbatim(checkpoint, "charlm sample tiny")
    finally:
        verse.write_bytes(content)
