"""Validation and test texts of their own: the vocabulary of training, unknown characters, and what is refused."""

from __future__ import annotations

import pytest

from charlm.config.settings import TextSettings
from charlm.errors import TextError
from charlm.text.corpus import open_corpus

MAIN = "the owl went out to look for mice\n" * 20


@pytest.fixture
def opened(tmp_path):
    """A function that writes texts, opens them as main, valid and test, and gives the text of each split."""

    def open_texts(main, own, **settings):
        for name, text in {"main": main, **own}.items():
            (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
        given = {name: (str(tmp_path / f"{name}.txt"),) for name in own}
        corpus = open_corpus(TextSettings(sources=(str(tmp_path / "main.txt"),), **given, **settings))
        return {name: corpus.vocabulary.decode(corpus.split(name)) for name in corpus.splits}, corpus

    return open_texts


def test_with_a_validation_text_all_of_the_main_text_is_trained_on(opened):
    parts, corpus = opened(MAIN, {"valid": "the mice went out\n"})
    assert parts == {"train": MAIN, "valid": "the mice went out\n", "test": ""}
    parts, other = opened(MAIN, {"valid": "the mice went out\n", "test": "the owl\n"})
    assert parts == {"train": MAIN, "valid": "the mice went out\n", "test": "the owl\n"}
    assert len({corpus.sha256, other.sha256, opened(MAIN, {})[1].sha256}) == 3


def test_with_a_test_text_validation_is_still_split_off(opened):
    parts, _ = opened(MAIN, {"test": "the owl\n"})
    assert parts["train"] + parts["valid"] == MAIN
    assert parts["valid"]
    assert parts["test"] == "the owl\n"


def test_records_may_have_their_own_validation_too(opened):
    parts, corpus = opened("ann\nbob\nann\n", {"valid": "bo\nna\n"}, records=True)
    assert sorted(parts["train"].split()) == ["ann", "ann", "bob"]
    assert parts["valid"] == "bo\nna\n"
    assert corpus.split_kind == "records"


def test_unknown_characters_are_left_out_and_said(opened):
    parts, corpus = opened(MAIN, {"valid": "the owl ate a zebra\n"})
    assert parts["valid"] == "the owl te  er\n"
    assert "valid: 5 characters that the training text lacks were left out" in " ".join(corpus.notes)
    assert corpus.vocabulary.symbols == opened(MAIN, {})[1].vocabulary.symbols


@pytest.mark.parametrize("text", ["сова вылетела на охоту за мышами\n" * 3, "鴞出去找老鼠"])
def test_a_validation_text_in_another_script_is_refused(opened, text):
    with pytest.raises(TextError) as caught:
        opened(MAIN, {"valid": text})
    assert "valid.txt" in caught.value.where


def test_the_joined_text_comes_from_the_cache(opened, own_cache):
    first = opened(MAIN, {"valid": "the mice\n"})[1]
    files = sorted((own_cache / "ids").iterdir())
    assert opened(MAIN, {"valid": "the mice\n"})[1].ids.tolist() == first.ids.tolist()
    assert sorted((own_cache / "ids").iterdir()) == files
