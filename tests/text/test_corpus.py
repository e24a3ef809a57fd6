"""A text as ids: encoding, notes, splits and the cache."""

import hashlib
import io
import json
import threading
import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest

from charlm.config.settings import TextSettings
from charlm.errors import TextError, UsageError
from charlm.text import corpus as corpus_room
from charlm.text.corpus import describe_corpus, is_damage, open_corpus
from charlm.text.files import source_file
from charlm.text.shards import counting
from charlm.text.splitting import contiguous_spans
from charlm.text.vocabulary import Vocabulary

VERSE = "Full fathom five thy father lies;\nOf his bones are coral made;\n"


@pytest.fixture
def book(tmp_path):
    """A function that writes a text and opens it with the given settings."""

    def opened(text, vocabulary=None, unknown="error", name="book.txt", **settings):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return open_corpus(TextSettings(sources=(str(path),), **settings), vocabulary, unknown)

    return opened


def test_decoding_the_ids_gives_the_text(book):
    corpus = book(VERSE)
    assert corpus.vocabulary == Vocabulary.of(VERSE)
    assert corpus.vocabulary.decode(corpus.ids) == VERSE
    assert corpus.characters == len(corpus.ids) == len(VERSE)
    assert corpus.bytes == corpus.source_bytes == len(VERSE)
    assert corpus.sha256 == hashlib.sha256(VERSE.encode()).hexdigest()
    assert (corpus.name, corpus.notes, corpus.unknown) == ("book", (), {})


def test_characters_and_bytes_are_counted_separately(book):
    """Unicode: char-rnn #42, torch-rnn #47."""
    corpus = book("Zażółć gęślą jaźń 日本 😀")
    assert corpus.characters == len("Zażółć gęślą jaźń 日本 😀")
    assert corpus.bytes == len("Zażółć gęślą jaźń 日本 😀".encode())
    assert corpus.vocabulary.decode(corpus.ids) == "Zażółć gęślą jaźń 日本 😀"


def test_changes_to_the_text_are_noted(book):
    corpus = book(b"\xef\xbb\xbfa\r\nb\r\nc\rd\n")
    assert corpus.vocabulary.decode(corpus.ids) == "a\nb\nc\nd\n"
    assert corpus.notes == ("a byte-order mark was removed", "2 CRLF became LF", "one lone CR became LF")
    assert corpus.source_bytes == corpus.bytes + 3 + 2
    kept = book(b"a\r\nb\r\n", newlines="keep")
    assert kept.vocabulary.decode(kept.ids) == "a\r\nb\r\n"
    assert kept.notes == ()


def test_the_unit_byte_keeps_the_bytes(book):
    data = bytes([0, 255, 128]) + "\r\né".encode()
    corpus = book(data, unit="byte")
    assert corpus.vocabulary.decode_bytes(corpus.ids) == data
    assert corpus.vocabulary.unit == "byte"
    assert corpus.encoding == "bytes"
    assert corpus.characters == corpus.bytes == len(data)
    assert corpus.vocabulary.symbols == tuple(sorted(map(chr, set(data))))


def test_another_encoding_gives_the_same_ids(book):
    latin = book("café".encode("latin-1"), encoding="latin-1")
    assert latin.vocabulary.decode(latin.ids) == "café"
    assert (latin.source_bytes, latin.bytes) == (4, 5)


def test_a_text_is_encoded_once_and_then_read_from_the_cache(book, monkeypatch):
    first = book(VERSE)
    monkeypatch.setattr(corpus_room, "encode", None)
    again = book(VERSE, name="the same under another name.txt")
    assert isinstance(again.ids, np.memmap)
    assert again.ids.tolist() == first.ids.tolist()
    assert again.vocabulary == first.vocabulary
    for other in ({"unit": "byte"}, {"encoding": "latin-1"}, {"newlines": "keep"}):
        with pytest.raises(TypeError):
            book(VERSE, **other)
    with pytest.raises(TypeError):
        book(VERSE + "!")
    with pytest.raises(TypeError):
        book(VERSE, Vocabulary.of(VERSE + "!"))


def test_facts_from_the_cache_equal_those_found_in_the_text(book):
    first, again = (describe_corpus(book("á\r\nb", Vocabulary.of("ab\n"), "nearest")) for _ in range(2))
    assert first == again
    assert first["unknown"] == {"á": 1}


@pytest.mark.parametrize("at", [0, 10, -1])
def test_a_damaged_cache_is_built_again(book, own_cache, at):
    book(VERSE)
    for path in (own_cache / "ids").iterdir():
        data = bytearray(path.read_bytes())
        data[at] ^= 4
        path.write_bytes(data)
    corpus = book(VERSE)
    assert corpus.vocabulary.decode(corpus.ids) == VERSE


def test_a_cache_that_is_not_writable_is_noted_only(book, own_cache, monkeypatch):
    (own_cache / "file").write_text("in the way")
    monkeypatch.setenv("CHARLM_CACHE", str(own_cache / "file"))
    corpus = book(VERSE)
    assert corpus.vocabulary.decode(corpus.ids) == VERSE
    assert "held in memory" in corpus.notes[0]


def test_a_given_vocabulary_keeps_its_ids(book):
    """Fine-tuning with a reordered vocabulary gives a substitution cipher: torch-rnn #147."""
    vocabulary = Vocabulary.of("abcdefgh")
    corpus = book("heed", vocabulary)
    assert corpus.ids.tolist() == [7, 4, 4, 3]
    assert corpus.vocabulary is vocabulary


def test_unknown_characters_of_a_scored_text_are_counted_or_refused(book):
    vocabulary = Vocabulary.of("heloe wrd")
    text = "héllo wörld, héllo"
    skipped = book(text, vocabulary, "skip")
    assert vocabulary.decode(skipped.ids) == "hllo wrld hllo"
    assert skipped.unknown == {",": 1, "é": 2, "ö": 1}
    assert skipped.bytes == skipped.characters == 14
    nearest = book(text, vocabulary, "nearest")
    assert vocabulary.decode(nearest.ids) == "hello world hello"
    with pytest.raises(TextError, match=r"U\+00E9 'é'[\s\S]*offset 1"):
        book(text, vocabulary)


def test_a_vocabulary_of_bytes_reads_any_text_as_bytes(book):
    corpus = book("aéa", Vocabulary.of("aé", "byte"))
    assert corpus.vocabulary.decode(corpus.ids) == "aéa"
    skipped = book("abab", Vocabulary.of("a-", "byte"), "skip")
    assert (skipped.ids.tolist(), skipped.unknown) == ([1, 1], {"b": 2})


def test_splits_are_contiguous_and_exact(book):
    corpus = book("0123456789" * 10, splits=(0.7, 0.2, 0.1))
    assert corpus.splits == {"train": (0, 70), "valid": (70, 90), "test": (90, 100)}
    assert corpus.vocabulary.decode(corpus.split("valid")) == "0123456789" * 2
    assert np.shares_memory(corpus.split("train"), corpus.ids)
    with pytest.raises(UsageError, match="train, valid, test"):
        corpus.split("dev")


def test_the_split_of_tiny_shakespeare_is_the_published_one():
    ids = np.zeros(1_115_394, np.uint8)
    assert contiguous_spans(ids, (0.9, 0.1, 0.0), None) == {
        "train": (0, 1_003_854),
        "valid": (1_003_854, 1_115_394),
        "test": (1_115_394, 1_115_394),
    }


def test_splits_have_whole_records(book):
    names = "".join(f"{'n' * (1 + number % 7)}\n" for number in range(50))
    corpus = book(names, records=True, split="contiguous")
    parts = [corpus.vocabulary.decode(corpus.split(name)) for name in ("train", "valid", "test")]
    assert "".join(parts) == names
    assert all(part.endswith("\n") for part in parts)


def test_records_need_lines(book):
    with pytest.raises(TextError, match="line end"):
        book("one long line", records=True)
    corpus = book("ab\ncd", records=True)
    assert corpus.splits == {"train": (0, 6), "valid": (6, 6), "test": (6, 6)}  # each record has its end


@pytest.mark.parametrize(("text", "size"), [("", "no characters"), ("a", "one character"), ("\ufeff", "no characters")])
def test_a_text_under_two_characters_is_refused(book, text, size):
    with pytest.raises(TextError, match=size):
        book(text)
    with pytest.raises(TextError, match="no characters that the model knows"):
        book("zzz", Vocabulary.of("ab"), "skip")


def test_several_sources_are_one_text(book, tmp_path):
    for name, text in (("a.txt", "one"), ("b.txt", "two\n")):
        (tmp_path / name).write_text(text)
    names = (str(tmp_path / "b.txt"), str(tmp_path / "a.txt"), str(tmp_path / "b.txt"))
    corpus = open_corpus(TextSettings(sources=names))
    assert corpus.vocabulary.decode(corpus.ids) == "two\none\ntwo\n"
    assert corpus.name == "b-and-2-more"
    assert corpus.source_bytes == 11
    assert corpus.sha256 != open_corpus(TextSettings(sources=names[:2])).sha256


def test_standard_input_is_a_text(monkeypatch):
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(VERSE.encode())))
    corpus = open_corpus(TextSettings(sources=("-",)))
    assert corpus.vocabulary.decode(corpus.ids) == VERSE
    assert corpus.name == "standard-input"


def test_an_open_text_may_be_deleted(book, tmp_path):
    corpus = book(VERSE)
    (tmp_path / "book.txt").unlink()
    assert corpus.vocabulary.decode(corpus.ids) == VERSE


def test_a_text_that_changes_while_it_is_encoded_is_refused(book, tmp_path, monkeypatch):
    def change_first(chunks):
        counted = survey(chunks)
        (tmp_path / "book.txt").write_text(VERSE.replace("five", "nine"))
        return counted

    survey = counting.survey_text
    monkeypatch.setattr(counting, "survey_text", change_first)
    with pytest.raises(TextError, match="changed"):
        book(VERSE)


def test_memory_does_not_grow_with_the_text(tmp_path, monkeypatch):
    monkeypatch.setattr(source_file, "BLOCK", 1 << 16)
    monkeypatch.setattr("charlm.text.cache.CHUNK_LENGTH", 1 << 16)
    peaks = []
    for copies in (1_000, 10_000, 80_000):  # the first is a warm-up
        (tmp_path / "long.txt").write_text(VERSE * copies)
        tracemalloc.start()
        open_corpus(TextSettings(sources=(str(tmp_path / "long.txt"),)))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < peaks[1] + 500_000  # for 4.3 MB more of text


def test_describe_is_json(book):
    corpus = book(VERSE)
    assert json.loads(json.dumps(describe_corpus(corpus)))["splits"] == {"train": 56, "valid": 3, "test": 4}


def test_several_threads_may_open_the_same_text(tmp_path):
    (tmp_path / "book.txt").write_text(VERSE * 100)
    settings = TextSettings(sources=(str(tmp_path / "book.txt"),))
    found = []
    threads = [threading.Thread(target=lambda: found.append(open_corpus(settings).ids.tolist())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all(ids == found[0] for ids in found)


def test_an_invalid_cached_vocabulary_is_built_again(tmp_path, monkeypatch):
    path = tmp_path / "text.txt"
    path.write_text("hello world")
    settings = TextSettings(sources=(str(path),))
    before = open_corpus(settings)
    load = corpus_room.cache.load_entry

    def damaged(key):
        entry = load(key)
        entry.facts["vocabulary"] = {"unit": "character", "symbols": "ba"}
        return entry

    monkeypatch.setattr(corpus_room.cache, "load_entry", damaged)
    assert open_corpus(settings).vocabulary == before.vocabulary


def test_bytes_are_counted_after_unknown_characters_are_replaced(book):
    wide, narrow = Vocabulary.of(VERSE + "é日"), Vocabulary.of(VERSE)
    assert book(VERSE + "é", wide).bytes == len((VERSE + "é").encode())
    assert book(VERSE + "é日", narrow, "nearest").bytes == len(VERSE) + 1
    assert book(VERSE + "é日", narrow, "skip").bytes == len(VERSE)
    assert book("é日", Vocabulary(tuple(map(chr, range(256))), "byte")).bytes == 5


@pytest.mark.parametrize(
    ("text", "damaged"), [(VERSE * 9, 0), (VERSE * 9 + "\ufffd", 1), (VERSE.replace("\n", "\r\n") * 9, 0)]
)
def test_the_notes_that_are_damage(book, text, damaged):
    assert sum(map(is_damage, book(text).notes)) == damaged
