"""A text that is not a checkpoint's own, in its symbols."""

from __future__ import annotations

import pytest

from charlm.checkpoint import load_checkpoint
from charlm.checkpoint.other_text import open_other_text
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
