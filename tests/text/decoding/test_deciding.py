"""`text.encoding: auto`: a decision for each file, kept in the run."""

import pytest

from charlm.config.settings import TextSettings
from charlm.errors import TextError
from charlm.text.corpus import open_corpus
from charlm.text.decoding import deciding
from charlm.text.preview import preview_text

FRENCH = "Où est le café d'été ? À côté.\n" * 20
RUSSIAN = "Вечером мы долго шли вдоль реки и говорили о старых книгах.\n" * 20


@pytest.fixture
def mixed(tmp_path):
    """A folder of files in several encodings, and its settings."""
    folder = tmp_path / "mixed"
    folder.mkdir()
    files = (("a", FRENCH, "utf-8"), ("b", FRENCH, "latin-1"), ("c", RUSSIAN, "cp1251"), ("d", FRENCH, "utf-16"))
    for name, text, encoding in files:
        (folder / f"{name}.txt").write_bytes(text.encode(encoding))
    return TextSettings(sources=(str(folder),), encoding="auto")


def text_of(corpus):
    return corpus.vocabulary.decode(corpus.ids)


def test_auto_reads_each_file_of_a_folder_in_its_own_encoding_and_says_it(mixed):
    corpus = open_corpus(mixed)
    assert text_of(corpus) == FRENCH * 2 + RUSSIAN + FRENCH
    assert corpus.encoding == "utf-8, cp1252, cp1251, utf-16"
    said = [note.rsplit("/", 1)[1] for note in corpus.notes if "read as" in note]
    assert said == [
        "a.txt: read as utf-8", "b.txt: read as cp1252", "c.txt: read as cp1251", "d.txt: read as utf-16",
    ]  # fmt: skip
    assert list(preview_text(mixed, 3, 80).lines) == FRENCH.splitlines()[:3]


def test_of_many_files_those_that_are_not_utf_8_are_said(mixed, tmp_path, monkeypatch):
    monkeypatch.setattr(deciding, "MOST_LINES", 2)
    notes = [note for note in open_corpus(mixed).notes if "read as" in note or " as " in note]
    assert [note.rsplit("/", 1)[-1] for note in notes] == [
        "b.txt: read as cp1252", "c.txt: read as cp1251", "and 1 as utf-16", "1 of 4 files: read as utf-8",
    ]  # fmt: skip


def test_the_decision_is_kept_and_not_guessed_again(mixed, monkeypatch):
    corpus = open_corpus(mixed)
    assert sorted(entry.split("=")[1] for entry in corpus.decided) == ["cp1251", "cp1252", "utf-16"]
    kept = mixed.model_copy(update={"decided": corpus.decided})
    guess = deciding.guess_encoding
    monkeypatch.setattr(deciding, "guess_encoding", lambda file: guess(file) if "a.txt" in file.label else 1 / 0)
    again = open_corpus(kept)
    assert text_of(again) == text_of(corpus)
    assert again.decided == corpus.decided


def test_of_too_many_files_the_most_frequent_encoding_is_kept_once(mixed, tmp_path, monkeypatch):
    monkeypatch.setattr(deciding, "MOST_KEPT", 2)
    (tmp_path / "mixed" / "e.txt").write_bytes((RUSSIAN + "Да\n").encode("cp1251"))
    corpus = open_corpus(mixed)
    assert "others=cp1251" in corpus.decided
    assert len(corpus.decided) == 3
    assert text_of(open_corpus(mixed.model_copy(update={"decided": corpus.decided}))) == text_of(corpus)
    monkeypatch.setattr(deciding, "MOST_KEPT", 1)
    with pytest.raises(TextError, match="iconv"):
        open_corpus(mixed)


def test_a_file_that_no_encoding_reads_is_named(mixed, tmp_path):
    (tmp_path / "mixed" / "bad.txt").write_bytes(FRENCH.encode() + b"\xff" + FRENCH.encode())
    with pytest.raises(TextError, match=r"bad\.txt") as refused:
        open_corpus(mixed)
    assert "text.exclude" in refused.value.remedy
    left = mixed.model_copy(update={"exclude": ("bad.txt",)})
    assert text_of(open_corpus(left)).startswith(FRENCH)


def test_a_text_that_was_misread_before_is_said(tmp_path):
    (tmp_path / "text").write_text(FRENCH.encode().decode("latin-1") + "\ufffd", encoding="utf-8")
    notes = open_corpus(TextSettings(sources=(str(tmp_path / "text"),))).notes
    assert any("it was UTF-8, read as cp1252 and saved again" in note for note in notes)
    assert any("one character was lost" in note for note in notes)


def test_characters_that_were_lost_are_counted(tmp_path):
    (tmp_path / "text").write_text("a\ufffdb\ufffd", encoding="utf-8")
    notes = open_corpus(TextSettings(sources=(str(tmp_path / "text"),))).notes
    assert any("2 characters were lost before, and are U+FFFD" in note for note in notes)
