"""The training split divided again: what candidates train on and are scored on lies within it."""

from __future__ import annotations

import pytest

from charlm.config.settings import Settings
from charlm.errors import UsageError
from charlm.pairs.pair_text import split_pairs
from charlm.studies import inner_split
from charlm.studies.inner_split import inside_training, open_inside
from charlm.studies.one_training import open_text

WORDS = [f"{first}{second}{third}" for first in "abcde" for second in "fghij" for third in "klmno"]


@pytest.fixture
def texts(tmp_path):
    """A list, a folder of files, pairs, and one running text; `other` is a text to validate on."""
    (tmp_path / "list.txt").write_text("\n".join(WORDS) + "\n")
    (tmp_path / "folder").mkdir()
    for number in range(40):
        (tmp_path / "folder" / f"{number:02}.txt").write_text(" ".join(WORDS[number : number + 30]) + "\n")
    (tmp_path / "book.txt").write_text("the owl and the moon and the mice\n" * 90)
    (tmp_path / "other.txt").write_text("\n".join(WORDS[:9]) + "\n")
    (tmp_path / "pairs.tsv").write_text("".join(f"{word}\t{word[::-1]}\n{word}\t{word[0]}\n" for word in WORDS))
    return tmp_path


@pytest.fixture
def settings(texts):
    """The settings of a training on one of these texts."""

    def made(name, model=None, **text):
        own = {key: [str(texts / value)] if key in ("valid", "test") else value for key, value in text.items()}
        about = {"sources": [str(texts / name)], "split_seed": 7, **own}
        return Settings.model_validate({"text": about, "model": model or {}})

    return made


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
def test_both_parts_make_the_training_split_and_nothing_else(settings, form):
    name, more = FORMS[form]
    training = settings(name, **more)
    outer = open_text(training)
    inner = open_inside(training, outer, "here")
    assert inner.vocabulary.symbols == outer.vocabulary.symbols
    parts = [inner.vocabulary.decode(inner.split(part)) for part in ("train", "valid")]
    whole = outer.vocabulary.decode(outer.split("train"))
    if outer.split_kind == "contiguous":
        assert "".join(parts) == whole
    else:  # a shuffled split keeps the units of each part in the order of the text
        assert sorted("".join(parts).split("\n")) == sorted(whole.split("\n"))
    assert len(parts[1]) == pytest.approx(len(whole) / 9, rel=0.5)


PAIRS = {"pairs": {"kind": "attending"}}


def test_pairs_are_divided_by_their_sources(settings):
    training = settings("pairs.tsv", PAIRS, records=True)
    outer = open_text(training)
    inner = open_inside(training, outer, "here")
    whole = split_pairs(outer, training.text).split("train").texts(outer.vocabulary)
    divided = split_pairs(inner, inside_training(training, outer))
    train, valid = (divided.split(part).texts(inner.vocabulary) for part in ("train", "valid"))
    assert sorted(train + valid) == sorted(whole)
    assert not {source for source, _ in train} & {source for source, _ in valid}
    assert len(valid) == pytest.approx(len(whole) / 9, rel=0.5)


@pytest.mark.parametrize("name", ["valid", "test"])
def test_pairs_of_which_a_text_of_its_own_leaves_some_out_are_refused(settings, name):
    """Otherwise a search would train on sources that are held out."""
    training = settings("pairs.tsv", PAIRS, records=True, **{name: "pairs.tsv"})
    with pytest.raises(UsageError, match=f"since the {name} text leaves some of them out"):
        inside_training(training, open_text(settings("pairs.tsv", PAIRS, records=True)))


def test_a_training_split_that_cannot_be_divided_is_refused(settings, texts):
    (texts / "short.txt").write_text("abcdefgh")
    training = settings("short.txt")
    with pytest.raises(UsageError, match="too short to choose"):
        open_inside(training, open_text(training), "here")


def test_a_text_that_is_divided_otherwise_is_refused(settings, monkeypatch):
    """As a guard: nothing that is trained on or scored may come from another split."""
    training = settings("book.txt")
    other = training.text.model_copy(update={"splits": (0.85, 0.1, 0.05)})
    monkeypatch.setattr(inner_split, "inside_training", lambda settings, corpus: other)
    with pytest.raises(UsageError):
        open_inside(training, open_text(training), "here")
