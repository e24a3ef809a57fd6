"""The training split divided again: what candidates train on and are scored on lies within it."""

from __future__ import annotations

import pytest

from charlm.config.settings import TextSettings
from charlm.errors import UsageError
from charlm.studies.inner_split import inside_training, require_inside
from charlm.text.corpus import open_corpus

WORDS = [f"{first}{second}{third}" for first in "abcde" for second in "fghij" for third in "klmno"]


@pytest.fixture
def texts(tmp_path):
    """A list, a folder of files, and one running text; `other` is a text to validate on."""
    (tmp_path / "list.txt").write_text("\n".join(WORDS) + "\n")
    (tmp_path / "folder").mkdir()
    for number in range(40):
        (tmp_path / "folder" / f"{number:02}.txt").write_text(" ".join(WORDS[number : number + 30]) + "\n")
    (tmp_path / "book.txt").write_text("the owl and the moon and the mice\n" * 90)
    (tmp_path / "other.txt").write_text("\n".join(WORDS[:9]) + "\n")
    return tmp_path


FORMS = {
    "running text": ("book.txt", {}),
    "records": ("list.txt", {"records": True}),
    "records in order": ("list.txt", {"records": True, "split": "contiguous"}),
    "shares at which an item lies": ("list.txt", {"records": True, "splits": (0.7, 0.3, 0.0)}),
    "files": ("folder", {}),
    "a validation text of its own": ("list.txt", {"records": True, "valid": "other.txt"}),
    "a test text of its own": ("list.txt", {"records": True, "test": "other.txt"}),
}


@pytest.mark.parametrize("form", FORMS)
def test_both_parts_make_the_training_split_and_nothing_else(texts, form):
    name, more = FORMS[form]
    more = {key: (str(texts / value),) if key in ("valid", "test") else value for key, value in more.items()}
    settings = TextSettings(sources=(str(texts / name),), split_seed=7, **more)
    outer = open_corpus(settings)
    inner = open_corpus(inside_training(settings, outer))
    require_inside(inner, outer, "here")
    assert inner.vocabulary.symbols == outer.vocabulary.symbols
    parts = [inner.vocabulary.decode(inner.split(part)) for part in ("train", "valid")]
    whole = outer.vocabulary.decode(outer.split("train"))
    if outer.split_kind == "contiguous":
        assert "".join(parts) == whole
    else:  # a shuffled split keeps the units of each part in the order of the text
        assert sorted("".join(parts).split("\n")) == sorted(whole.split("\n"))
    assert len(parts[1]) == pytest.approx(len(whole) / 9, rel=0.5)


def test_a_training_split_that_cannot_be_divided_is_refused(tmp_path):
    (tmp_path / "short.txt").write_text("abcdefgh")
    settings = TextSettings(sources=(str(tmp_path / "short.txt"),))
    outer = open_corpus(settings)
    inner = open_corpus(inside_training(settings, outer))
    with pytest.raises(UsageError, match="too short to choose"):
        require_inside(inner, outer, "here")


def test_a_text_that_is_divided_otherwise_is_refused(texts):
    """As a guard: nothing that is trained on or scored may come from another split."""
    settings = TextSettings(sources=(str(texts / "book.txt"),))
    outer = open_corpus(settings)
    with pytest.raises(UsageError):
        require_inside(open_corpus(settings.model_copy(update={"splits": (0.85, 0.1, 0.05)})), outer, "here")
