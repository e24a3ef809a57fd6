"""A text that is not a checkpoint's own, in its symbols."""

from __future__ import annotations

from pathlib import Path

import pytest

from charlm.checkpoint import load_checkpoint
from charlm.checkpoint.other_text import open_other_text, trained_notes
from charlm.errors import TextError
from charlm.runs import find_checkpoint


@pytest.fixture
def one(tiny_run):
    return load_checkpoint(find_checkpoint(tiny_run, "tiny"))


def test_it_is_all_of_the_text_in_the_model_s_symbols(one, tmp_path):
    (tmp_path / "a.txt").write_text("The owl", encoding="utf-16")
    corpus = open_other_text(one, [str(tmp_path / "a.txt")], "utf-16")
    assert one.vocabulary.decode(corpus.ids) == "The owl"


def test_a_text_that_cannot_be_read_is_an_error(one):
    with pytest.raises(TextError):
        open_other_text(one, ["nowhere.txt"])


def test_its_own_text_as_a_whole_is_said_to_be_no_test(one, tmp_path):
    own = tmp_path / "own.txt"
    own.write_bytes(Path(one.settings.text.sources[0]).read_bytes())
    (note,) = trained_notes(one, open_other_text(one, [str(own)]))
    assert "tiny was trained on 90% of this text" in note
    assert note.endswith("charlm eval perplexity tiny")
    own.write_text(own.read_text()[:400])
    assert not trained_notes(one, open_other_text(one, [str(own)]))
