"""Grapheme clusters in texts from files: the edges of blocks, of files and of records cut none."""

import random

import pytest

from charlm.config.settings import TextSettings
from charlm.errors import TextError
from charlm.text.clusters import clusters
from charlm.text.corpus import open_corpus
from charlm.text.files import source_file
from charlm.text.prompt import as_trained
from charlm.text.vocabulary import UNKNOWN, Vocabulary

PARTS = ["👨\u200d👩\u200d👧", "🇩🇪", "क्षे", "e\u0301", "a", " ", "\n", "é", "日", "\u0301"]


def text_of(seed, length=400):
    rng = random.Random(seed)
    return "".join(rng.choice(PARTS) for _ in range(length)) + "x"


def settings(*paths, **changes):
    chosen = {"unit": "grapheme", "split": "contiguous", **changes}
    return TextSettings.model_validate({"sources": [str(path) for path in paths], **chosen})


@pytest.mark.parametrize("block", [1, 2, 3, 7, 64, 1 << 20])
@pytest.mark.parametrize("seed", range(3))
def test_blocks_of_any_size_give_the_same_symbols(tmp_path, monkeypatch, block, seed):
    monkeypatch.setattr(source_file, "BLOCK", block)
    path, text = tmp_path / "text.txt", text_of(seed)
    path.write_text(text, encoding="utf-8")
    corpus = open_corpus(settings(path))
    assert [corpus.vocabulary.symbols[number] for number in corpus.ids] == clusters(text)
    assert corpus.vocabulary == Vocabulary.of(text, "grapheme")
    assert (corpus.characters, corpus.bytes) == (len(clusters(text)), len(text.encode()))


def test_a_file_that_begins_with_an_accent_does_not_join_with_the_one_before(tmp_path):
    for number in range(3):
        (tmp_path / f"{number}.txt").write_text("\u0301abe", encoding="utf-8")
    corpus = open_corpus(settings(tmp_path))
    assert corpus.vocabulary.decode(corpus.ids) == "\n".join(["\u0301abe"] * 3)
    assert "\u0301" in corpus.vocabulary.symbols
    assert corpus.vocabulary.symbols == ("\n", "a", "b", "e", "\u0301")


def test_normalizing_comes_before_clusters(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("e\u0301 E\u0301 " * 50, encoding="utf-8")
    assert open_corpus(settings(path, normalize=["nfc", "lower"])).vocabulary.symbols == (" ", "é")


def test_another_text_is_read_in_the_clusters_of_the_vocabulary(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("ab👨\u200d👩c", encoding="utf-8")
    known = Vocabulary.of("abc👨\u200d👩\u200d👧", "grapheme")
    corpus = open_corpus(settings(path, unit="character"), known, "skip")
    assert corpus.unknown == {"👨\u200d👩": 1}
    assert corpus.vocabulary.decode(corpus.ids) == "abc"


def test_lone_surrogates_are_refused(tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes(b"ab+2AA-c")
    with pytest.raises(TextError, match="lone surrogates"):
        open_corpus(settings(path, encoding="utf-7"))


def test_marks_line_ends_and_misread_letters_are_counted_as_for_characters(tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes("\ufeff".encode() + "CafÃ© crÃ¨me dÃ©jÃ  vu\r\n".encode() * 40)
    by_unit = [open_corpus(settings(path, unit=unit)).notes for unit in ("character", "grapheme")]
    assert by_unit[0] == by_unit[1]
    assert len(by_unit[0]) == 3


@pytest.mark.parametrize("unit", ["character", "grapheme"])
def test_a_validation_text_of_its_own_is_read_with_the_unknown_symbol(tmp_path, unit):
    train, valid = tmp_path / "train.txt", tmp_path / "valid.txt"
    train.write_text("abab" * 50 + "z", encoding="utf-8")
    valid.write_text("abz日" + "ab" * 10, encoding="utf-8")
    corpus = open_corpus(settings(train, valid=[str(valid)], min_count=2, unit=unit))
    assert corpus.vocabulary.symbols == (UNKNOWN, "a", "b")
    assert corpus.split("valid")[:4].tolist() == [1, 2, 0, 0]
    assert corpus.unknown == {"z": 2, "日": 1}
    assert any(
        "2 characters that the training text lacks are read as the unknown symbol" in one for one in corpus.notes
    )


def test_rare_characters_are_those_of_the_whole_text(tmp_path):
    """As the vocabulary is: `z` stands twice in training, and once in the test split."""
    path = tmp_path / "text.txt"
    path.write_text("z" + "ab" * 100 + "z" + "ab" * 10 + "z", encoding="utf-8")
    assert UNKNOWN not in open_corpus(settings(path, unit="character", min_count=3)).vocabulary.symbols
    assert open_corpus(settings(path, unit="character", min_count=4)).unknown == {"z": 3}


def test_another_min_count_or_unit_is_another_entry_of_the_cache(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("abab" * 50 + "e\u0301z", encoding="utf-8")
    sizes = [
        open_corpus(settings(path, unit=unit, min_count=least)).vocabulary.size
        for unit in ("character", "grapheme")
        for least in (1, 2, 51, 1)
    ]
    assert sizes == [5, 3, 3, 5, 4, 3, 3, 4]


@pytest.mark.parametrize("unit", ["character", "grapheme"])
def test_letters_are_composed_only_if_more_of_them_are_known_then(tmp_path, unit):
    """NFC decomposes some letters of Indic scripts, such as this one with a dot below."""
    dotted = "\u0958"
    path = tmp_path / "text.txt"
    path.write_text(f"{dotted}{dotted} caf\u00e9 x\u0301 " * 3, encoding="utf-8")
    known = Vocabulary.of(f"{dotted} caf\u00e9", unit)
    corpus = open_corpus(settings(path, unit=unit), known, "skip")
    assert corpus.vocabulary.decode(corpus.ids).count(dotted) == 6
    assert not any("separate accents" in note for note in corpus.notes)
    assert as_trained(f"{dotted}x\u0301", settings(path, unit=unit), known).startswith(dotted)
    assert as_trained("cafe\u0301", settings(path, unit=unit), known) == "caf\u00e9"
