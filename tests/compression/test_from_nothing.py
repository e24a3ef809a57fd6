"""What is coded by a model that begins from nothing comes back, with any number of threads, or is refused."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from small_codings import with_other_threads
from test_compressing import TEXTS
from test_learning import VERSE

from charlm.adaptation.plan import Plan
from charlm.compression import compressing, decompressing
from charlm.compression.beginning import BYTES, Beginning, beginning_of
from charlm.compression.coding import begun
from charlm.compression.compressing import compress, growing_power
from charlm.compression.decompressing import begin, decompress
from charlm.compression.file_format import read_contents
from charlm.errors import CharlmError, IntegrityError, TextError
from charlm.text import corpora
from charlm.text.vocabulary import UNKNOWN, Vocabulary

SMALL = {"units": 8, "plan": Plan(segment=12)}


def small(text, **changes):
    return replace(beginning_of(text), **{**SMALL, **changes})


def packed(text, beginning=None, rate=0.01):
    file = io.BytesIO()
    *_, last = compress(io.BytesIO(text), file, begun(beginning or small(text), rate))
    assert last.file_bytes == len(file.getvalue())
    return file.getvalue(), last


@cache
def packed_verse():
    return packed(VERSE)


def unpacked(content):
    file, text = io.BytesIO(content), io.BytesIO()
    contents = read_contents(file, "a file")
    for _ in decompress(contents, file, text, begin(contents, "a file"), "a file"):
        pass
    return text.getvalue()


@pytest.mark.parametrize("examples", [8, pytest.param(100, marks=pytest.mark.slow)])
def test_every_text_comes_back(examples):
    @settings(max_examples=examples, deadline=None)
    @given(data=TEXTS)
    def law(data):
        content, done = packed(data)
        assert unpacked(content) == data
        assert done.text_bytes == len(data)

    law()


@pytest.mark.parametrize("size", [70, 256, 300])
def test_what_was_learned_stays_from_block_to_block(monkeypatch, size):
    """Rows are of other numbers, and lengths, in the last block."""
    whole, _ = packed_verse()
    monkeypatch.setattr(compressing, "BLOCK", size)
    monkeypatch.setattr(compressing, "LEAST_POWER", 4)
    content, _ = packed(VERSE)
    assert unpacked(content) == VERSE
    assert len(content) < len(whole) + 60 * len(VERSE) / size + 400


def test_the_model_learns():
    """A little in so short a text, beside an n-gram that learns, too."""
    text = Path(corpora.__file__).with_name("alice.txt").read_bytes()[3000:5500]
    sizes = [packed(text, small(text, units=16), rate)[1].bits for rate in (0, 0.01)]
    assert sizes[1] < sizes[0]


def test_a_file_is_as_small_as_the_probabilities_promise():
    content, done = packed_verse()
    assert done.bits / 8 <= len(content) <= done.bits / 8 * 1.001 + 75


@pytest.mark.parametrize(
    ("text", "vocabulary"),
    [
        (b"aabbc", Vocabulary((UNKNOWN, "a", "b"))),
        ("ééâ".encode()[:-1], Vocabulary((UNKNOWN, "é"))),  # a character is cut at the end
        (b"one\r\ntwo\r\n", Vocabulary((UNKNOWN, "\n", "o"))),
        (b"\r\n", BYTES),
        (b"", BYTES),
        (b"abc", BYTES),  # none occurs twice
        (b"aa\xff\xff", BYTES),
        ("".join(map(chr, range(0x4E00, 0x5001))).encode() * 2, BYTES),  # more than 512 characters
    ],
)
def test_the_symbols_are_those_of_the_beginning(text, vocabulary):
    beginning = beginning_of(text)
    assert beginning.vocabulary == vocabulary
    assert Beginning.read(iter(beginning.numbers()).__next__) == beginning


def test_a_text_is_read_in_about_sixteen_rows():
    """A short one is read in fewer."""
    assert [2 ** growing_power(size) for size in (0, 5_000, 300_000, 2**20)] == [1024, 1024, 16384, 65536]


def test_every_changed_bit_is_refused():
    content, _ = packed(b"abc abc\nhijabc aab")
    for bit in range(8 * len(content)):
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(CharlmError) as refused:
            unpacked(bytes(changed))
        assert isinstance(refused.value, IntegrityError | TextError)


def test_other_first_weights_and_another_torch_are_refused(monkeypatch):
    import torch

    content, _ = packed_verse()
    with monkeypatch.context() as patch:
        patch.setattr(torch, "__version__", "99.1")
        with pytest.raises(IntegrityError, match="other probabilities") as refused:
            unpacked(content)
        assert "torch 99.1" in refused.value.where
    monkeypatch.setattr(decompressing, "begun", lambda beginning, rate: begun(replace(beginning, units=9), rate))
    with pytest.raises(IntegrityError, match="begins with other weights"):
        unpacked(content)


def files():
    """Of a model that is wide enough for two threads."""
    return [packed(VERSE, small(VERSE, units=96))[0].hex()]


def test_the_number_of_threads_changes_no_bit():
    assert files() == with_other_threads("test_from_nothing")
