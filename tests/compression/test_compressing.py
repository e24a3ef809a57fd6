"""Every text comes back, in about as many bytes as the probabilities promise."""

from __future__ import annotations

import io
import re
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_codings import LETTERS, coding, compressed, decompressed, with_other_threads

from charlm.compression import compressing, file_format
from charlm.compression.compressing import compress
from charlm.errors import CharlmError, CheckpointError, IntegrityError, TextError, UsageError
from charlm.text.vocabulary import Vocabulary

CODINGS = {
    "characters": coding(),
    "records": coding(record_end=LETTERS.newline),
    "unknown symbol": coding(Vocabulary(("", *LETTERS.symbols))),
    "bytes": coding(Vocabulary.of("abc\n é", "byte")),
    "all bytes": coding(Vocabulary(tuple(map(chr, range(256))), "byte")),
    "graphemes": coding(Vocabulary.of("ab\n ée\u0301👩\u200d🚀", "grapheme")),
    "one symbol": coding(Vocabulary.of("a")),
    "portable": coding(),
}
every_coding = pytest.mark.parametrize("name", CODINGS)
# Pieces that vocabularies, line ends, encodings and clusters treat in their own way, and any bytes.
SPECIAL = [b"abc", b"\n", b"\r\n", b"\r", b"\x00", b"\x1a", b"a" * 300, b"\xef\xbb\xbf", b"\xff\xfe"]
SPECIAL += [b"\xc3", b"\xf5", b"\xe2\x80", b"\xed\xa0\x80"]  # no UTF-8
SPECIAL += [text.encode() for text in ("é", "e\u0301", "漢字", "👩\u200d🚀", "🏳\ufe0f\u200d🌈")]
PIECES = st.sampled_from(SPECIAL) | st.binary(max_size=6)
TEXTS = st.lists(PIECES, max_size=40).map(b"".join)


@every_coding
@pytest.mark.parametrize("examples", [12, pytest.param(300, marks=pytest.mark.slow)])
def test_every_text_comes_back(name, examples):
    @settings(max_examples=examples, deadline=None)
    @given(data=TEXTS, row_power=st.sampled_from([2, 5, 14]))
    def law(data, row_power):
        content, done = compressed(data, CODINGS[name], portable=name == "portable", row_power=row_power)
        assert decompressed(content, CODINGS[name]) == data
        assert (done.text_bytes, done.file_bytes) == (len(data), len(content))

    law()


@settings(max_examples=20, deadline=None)
@given(data=TEXTS, size=st.integers(1, 9), read=st.integers(1, 5))
def test_blocks_and_reads_may_end_anywhere(data, size, read):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compressing, "BLOCK", size)
        patch.setattr(compressing, "READ", read)
        content, _ = compressed(data, CODINGS["characters"], row_power=2)
    assert decompressed(content, CODINGS["characters"]) == data


def letters(size, seed=0):
    return np.random.default_rng(seed).choice(np.frombuffer(b"abcdefghij \n", np.uint8), size).tobytes()


@pytest.mark.parametrize("name", ["characters", "records", "unknown symbol", "portable"])
def test_a_file_is_as_small_as_the_probabilities_promise(name):
    data = letters(1_500)
    content, done = compressed(data, CODINGS[name], portable=name == "portable", row_power=10)
    assert done.bits / 8 <= len(content) <= done.bits / 8 * 1.0005 + 42


def test_unknown_characters_that_come_again_cost_little():
    """They are named in full once. What says that one comes is learned, too."""
    known = letters(2000)
    unknown = "é".encode().join(known[start : start + 10] for start in range(0, 2000, 10))
    sizes = [len(compressed(data, CODINGS["characters"])[0]) for data in (known, unknown)]
    assert sizes[1] - sizes[0] < 199  # bytes: less than half of what the 199 take in UTF-8


def test_windows_line_ends_cost_nothing():
    data = letters(3000)
    content, _ = compressed(data.replace(b"\n", b"\r\n"), CODINGS["characters"])
    assert abs(len(content) - len(compressed(data, CODINGS["characters"])[0])) <= 1


def test_every_cut_and_every_changed_bit_is_refused():
    used = CODINGS["characters"]
    content, _ = compressed(b"abc abc\nhijabc", used)
    for end in range(len(content)):
        with pytest.raises(CharlmError) as refused:
            decompressed(content[:end], used)
        assert isinstance(refused.value, IntegrityError | TextError)
    for bit in range(8 * len(content)):
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(CharlmError) as refused:
            decompressed(bytes(changed), used)
        assert isinstance(refused.value, IntegrityError | TextError)
    with pytest.raises(IntegrityError):
        decompressed(content + b"\0", used)


def test_what_is_decoded_wrongly_is_refused(monkeypatch):
    """The checksum of the text is the last guard, if the probabilities differ after the first ones."""
    used = CODINGS["characters"]
    content, _ = compressed(letters(300), used)
    changed = bytearray(content)
    changed[40] ^= 1
    monkeypatch.setattr(file_format, "_check_sum", lambda file, name: file.seek(0, 2))
    with pytest.raises(IntegrityError, match=r"not the text|cannot be decoded"):
        decompressed(bytes(changed), used)


def test_other_first_probabilities_are_refused(monkeypatch):
    from charlm.compression import coding as coding_of

    content, _ = compressed(b"abc", CODINGS["characters"])
    monkeypatch.setattr(coding_of, "first_checksum", lambda forecaster: bytes(32))
    with pytest.raises(IntegrityError, match="computes other probabilities"):
        decompressed(content, CODINGS["characters"])


def forged(size, words, *, row_power=14, learned=0, more=b"", end=b"\x03aaaa"):
    """A file with the right checksum and these numbers in its only block."""
    file = io.BytesIO()
    head = file_format.Head(0x22, False, row_power, bytes(4), bytes(4)).packed()
    writer = file_format.Writer(file, SimpleNamespace(packed=lambda: head[:6] + bytes([learned]) + head[7:] + more))
    writer._put(file_format.packed_number(2 * size + 1) + file_format.packed_number(words) + bytes(8) + end)
    writer._put(writer._crc.to_bytes(4, "little"))
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (forged(2**20 + 1, 2), "impossible size"),
        (forged(5, 2**30), "impossible size"),
        (forged(0, 2), "impossible size"),
        (forged(5, 4), "beyond its end"),
        (forged(5, 2, row_power=31), "impossible length"),
        (forged(5, 2, learned=file_format.MIXED), "impossible length"),
        (forged(5, 2, learned=file_format.ADAPTED), "impossible length|a rate must be"),
        (forged(5, 2, learned=file_format.COUNTED, more=bytes(4)), "of no use"),
        (forged(5, 2, learned=16), "not known"),
        (forged(5, 2, learned=file_format.FROM_NOTHING, more=b"\0\0"), "number of symbols"),
        (forged(5, 2, learned=file_format.FROM_NOTHING, more=b"\0\2\x61\0"), "sorted"),
        (forged(5, 2, learned=file_format.FROM_NOTHING, more=b"\0\2\x61\xff\xff\x7f"), "no character"),
        (forged(5, 2, learned=file_format.FROM_NOTHING, more=b"\1\xff\xff\x7f\1\1\1"), "impossible size"),
        (forged(5, 2, end=b"\x80" * 20), "too large"),
        (forged(5, 2, end=b"\x03aaaab"), "does not end"),
        (forged(5, 2, end=b"\x03a"), "ends too early|does not end"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_was_made_to_harm_is_refused_before_anything_is_decoded(content, why):
    with pytest.raises(IntegrityError, match="damaged") as refused:
        file_format.read_contents(io.BytesIO(content), "a file")
    assert re.search(why, refused.value.where)


def test_another_model_is_refused():
    content, _ = compressed(b"abc", CODINGS["characters"])
    for other in (coding(seed=1), CODINGS["records"], CODINGS["unknown symbol"]):
        with pytest.raises(CheckpointError, match="another model"):
            decompressed(content, other)


def test_a_model_of_numbers_that_are_not_finite_is_refused():
    used = coding()
    used.model.parameters["head.bias"][0] = np.nan
    with pytest.raises(IntegrityError, match="no usable probabilities"):
        compressed(b"abc", used)


def test_without_the_library_it_says_how_to_install_it(monkeypatch):
    from charlm.compression import range_coder

    range_coder._library.cache_clear()
    monkeypatch.setitem(sys.modules, "constriction", None)
    with pytest.raises(UsageError, match="constriction") as refused:
        next(compress(io.BytesIO(b"abc"), io.BytesIO(), CODINGS["characters"].prepared(False)))
    assert "charlm-rnn[compress]" in refused.value.remedy
    monkeypatch.undo()
    range_coder._library.cache_clear()


def files():
    """Of 62 rows, which are enough for two threads."""
    models = (coding(), coding(attention={"window": 5}), coding(cell="gru", hidden_size=96))
    return [compressed(letters(1000), used, row_power=5)[0].hex() for used in models]


def test_the_number_of_threads_changes_no_bit():
    assert files() == with_other_threads("test_compressing")
