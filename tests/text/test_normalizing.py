"""`text.normalize`: one form for the characters of the text, of a prompt and of what is scored."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from charlm.config.settings import TextSettings
from charlm.text.corpus import open_corpus
from charlm.text.files import source_file
from charlm.text.normalizing import in_whole_letters, lacks_marks, normalized, utf8_length
from charlm.text.prompt import as_trained
from charlm.text.vocabulary import Vocabulary

DECOMPOSED = unicodedata.normalize("NFD", "Où est le café d'été ?\n") * 20
PIECES = (
    "a",
    "E",
    "e\u0301",
    "\u0301",
    "\u0323",
    "ﬁ",
    "Σ",
    "ς",
    "\u1100",
    "\u1161",
    "\u11a8",
    "각",
    "İ",
    "\n",
    "é",
    "क़",
    "ो",
)


@settings(max_examples=300, deadline=None)
@given(
    text=st.lists(st.sampled_from(PIECES), max_size=30).map("".join),
    size=st.integers(1, 7),
    forms=st.lists(st.sampled_from(["nfc", "nfkc", "lower"]), min_size=1, max_size=3),
)
def test_chunks_are_normalized_like_the_whole_text(text, size, forms):
    chunks = [text[at : at + size] for at in range(0, len(text), size)]
    assert "".join(normalized(chunk, forms) for chunk in in_whole_letters(chunks)) == normalized(text, forms)


def test_the_forms():
    assert normalized("e\u0301 ﬁ É", ["nfc"]) == "é ﬁ É"
    assert normalized("e\u0301 ﬁ É", ["nfkc", "lower"]) == "é fi é"
    assert normalized("ΟΔΟΣ Σ", ["lower"]) == "οδοσ σ"
    assert normalized("plain", ["nfc"]) == "plain"
    assert utf8_length("aé") == 3


def test_a_text_of_marks_alone_is_not_held_without_a_bound():
    longest = max(map(len, in_whole_letters(["\u0301" * 1000] * 50)))
    assert longest < 10_000


@pytest.mark.parametrize(("given", "forms"), [("none", ()), ("nfc", ("nfc",)), (["nfc", "lower"], ("nfc", "lower"))])
def test_one_form_or_a_list_can_be_given(given, forms):
    assert TextSettings(normalize=given).normalize == forms


@pytest.mark.parametrize("given", ["nfx", 3])
def test_another_form_is_refused(given):
    with pytest.raises(ValidationError):
        TextSettings(normalize=given)


def opened(tmp_path, text, vocabulary=None, **chosen):
    (tmp_path / "text.txt").write_text(text, encoding="utf-8")
    reading = {"unknown": "skip"} if vocabulary else {}
    return open_corpus(TextSettings(sources=(str(tmp_path / "text.txt"),), **chosen), vocabulary, **reading)


@pytest.mark.parametrize("block", [7, 1 << 20])
def test_a_text_is_read_in_its_forms_and_its_bytes_are_those_that_were_given(tmp_path, monkeypatch, block):
    monkeypatch.setattr(source_file, "BLOCK", block)
    corpus = opened(tmp_path, DECOMPOSED, normalize=["nfc", "lower"])
    assert corpus.vocabulary.decode(corpus.ids) == normalized(DECOMPOSED, ["nfc", "lower"])
    assert corpus.given_bytes == len(DECOMPOSED.encode())
    assert corpus.bytes == len(normalized(DECOMPOSED, ["nfc", "lower"]).encode())


def test_composed_letters_are_tried_before_accents_are_left_out(tmp_path):
    vocabulary = Vocabulary.of(unicodedata.normalize("NFC", DECOMPOSED))
    corpus = opened(tmp_path, DECOMPOSED, vocabulary)
    assert vocabulary.decode(corpus.ids) == unicodedata.normalize("NFC", DECOMPOSED)
    assert corpus.unknown == {}
    assert corpus.given_bytes == len(DECOMPOSED.encode())
    assert any("separate accents" in note for note in corpus.notes)
    known = opened(tmp_path, DECOMPOSED, Vocabulary.of(DECOMPOSED))
    assert known.vocabulary.decode(known.ids) == DECOMPOSED
    assert lacks_marks("a\u0301")
    assert not lacks_marks("aé")


def test_a_prompt_is_read_as_the_text_was():
    composed = Vocabulary.of("Où est le café d'été ?")
    assert as_trained("cafe\u0301\r\n", TextSettings(), composed) == "café\n"
    assert as_trained("CAFE\u0301\r\n", TextSettings(normalize=["lower"], newlines="keep"), composed) == "café\r\n"
    assert as_trained("cafe\u0301", TextSettings(), Vocabulary.of("cafe\u0301")) == "cafe\u0301"
    assert as_trained("E\u0301", TextSettings(normalize=["lower"]), Vocabulary.of("é", "byte")) == "E\u0301"
