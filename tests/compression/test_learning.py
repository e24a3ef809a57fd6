"""What is coded by a model that adapts, mixed with an n-gram that counts, comes back, and is as small as promised."""

from __future__ import annotations

import io
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from small_codings import LETTERS, coding, compressed, decompressed, with_other_threads
from test_compressing import TEXTS, letters

from charlm.compression import compressing, file_format, mixed
from charlm.compression.compressing import compress
from charlm.compression.file_format import read_contents
from charlm.compression.learning import MOST_RATE, NOTHING, Learning
from charlm.errors import CharlmError, DivergedError, IntegrityError, TextError
from charlm.text.vocabulary import Vocabulary

CODINGS = {
    "characters": coding(),
    "records": coding(record_end=LETTERS.newline),
    "unknown symbol": coding(Vocabulary(("", *LETTERS.symbols))),
    "attention": coding(attention={"window": 5}),
    "one symbol": coding(Vocabulary.of("a")),
}
LEARNING = {"adapt": Learning(0.004), "mix": Learning(mixed=True), "both": Learning(0.004, True)}
every_learning = pytest.mark.parametrize("learning", LEARNING.values(), ids=LEARNING)
VERSE = b"abc def\nghij cab fade\n" * 30


@cache
def compressed_verse(learning):
    return compressed(VERSE, CODINGS["characters"], learning=learning)


@every_learning
@pytest.mark.parametrize("name", CODINGS)
@pytest.mark.parametrize("examples", [3, pytest.param(30, marks=pytest.mark.slow)])
def test_every_text_comes_back(name, learning, examples):
    @settings(max_examples=examples, deadline=None)
    @given(data=TEXTS)
    def law(data):
        content, done = compressed(data, CODINGS[name], learning=learning)
        assert decompressed(content, CODINGS[name]) == data
        assert (done.text_bytes, done.file_bytes) == (len(data), len(content))
        assert read_contents(io.BytesIO(content), "a file").head.learning == learning

    law()


@every_learning
def test_a_file_is_as_small_as_the_probabilities_promise(learning):
    content, done = compressed(letters(1_000), CODINGS["characters"], learning=learning)
    assert done.bits / 8 <= len(content) <= done.bits / 8 * 1.001 + 40


@every_learning
def test_what_repeats_itself_is_learned(learning):
    static = len(compressed(VERSE, CODINGS["characters"], row_power=20)[0])
    assert len(compressed_verse(learning)[0]) < 0.9 * static


@pytest.mark.parametrize("name", ["characters", "records"])
def test_with_rate_0_it_is_as_large_as_one_static_row(name):
    _, static = compressed(letters(700), CODINGS[name], row_power=20)
    content, still = compressed(letters(700), CODINGS[name], learning=Learning(0))
    assert abs(still.bits - static.bits) < 1
    assert abs(len(content) - static.file_bytes - 4) <= 4  # the rate has 4 bytes, and a word of the coder


@every_learning
def test_what_was_learned_stays_from_block_to_block(monkeypatch, learning):
    whole, _ = compressed_verse(learning)
    monkeypatch.setattr(compressing, "BLOCK", 100)
    content, _ = compressed(VERSE, CODINGS["characters"], learning=learning)
    assert decompressed(content, CODINGS["characters"]) == VERSE
    assert len(content) < len(whole) + 7 * 11  # two numbers and some words of each block


def test_an_ngram_counts_so_many_symbols_at_most(monkeypatch):
    """Its memory would grow without end."""
    full, _ = compressed_verse(LEARNING["mix"])
    monkeypatch.setattr(mixed, "MOST_COUNTED", 30)
    content, _ = compressed(VERSE, CODINGS["characters"], learning=LEARNING["mix"])
    assert decompressed(content, CODINGS["characters"]) == VERSE
    assert len(content) > len(full)


@pytest.mark.parametrize("learning", [LEARNING["adapt"], LEARNING["both"]], ids=["adapt", "both"])
def test_every_changed_bit_is_refused(learning):
    content, _ = compressed(b"abc abc\nhijabc", CODINGS["characters"], learning=learning)
    for bit in range(8 * len(content)):
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(CharlmError) as refused:
            decompressed(bytes(changed), CODINGS["characters"])
        assert isinstance(refused.value, IntegrityError | TextError)


@pytest.mark.parametrize("rate", [0.0, 2.5])
def test_another_rate_is_refused_before_anything_is_decoded(monkeypatch, rate):
    content, _ = compressed(letters(300), CODINGS["characters"], learning=LEARNING["adapt"])
    place = file_format._HEAD.size
    changed = content[:place] + file_format._RATE.pack(rate) + content[place + 4 :]
    monkeypatch.setattr(file_format, "_check_sum", lambda file, name: file.seek(0, 2))
    with pytest.raises(IntegrityError, match="other probabilities"):
        decompressed(changed, CODINGS["characters"])


@pytest.mark.parametrize("rate", [-1.0, 2 * MOST_RATE, float("nan"), float("inf")])
def test_an_impossible_rate_is_refused(monkeypatch, rate):
    content, _ = compressed(b"abc", CODINGS["characters"], learning=LEARNING["adapt"])
    place = file_format._HEAD.size
    changed = content[:place] + file_format._RATE.pack(rate) + content[place + 4 :]
    monkeypatch.setattr(file_format, "_check_sum", lambda file, name: file.seek(0, 2))
    with pytest.raises(IntegrityError, match="damaged"):
        decompressed(changed, CODINGS["characters"])


def test_another_torch_is_refused_and_named(monkeypatch):
    import torch

    content, _ = compressed(b"abc", CODINGS["characters"], learning=LEARNING["adapt"])
    of_mixture, _ = compressed(b"abc", CODINGS["characters"], learning=LEARNING["mix"])
    monkeypatch.setattr(torch, "__version__", "99.1")
    with pytest.raises(IntegrityError, match="other probabilities") as refused:
        decompressed(content, CODINGS["characters"])
    assert "torch 99.1" in refused.value.where
    assert "without --adapt and --mix" in refused.value.remedy
    assert decompressed(of_mixture, CODINGS["characters"]) == b"abc"  # torch does not compute this one


@pytest.mark.parametrize("rate", [50, MOST_RATE])
def test_a_divergence_says_what_to_do(rate):
    with pytest.raises(DivergedError, match="adapt-rate"):
        compressed(letters(3_000), CODINGS["characters"], learning=Learning(rate))


def test_the_model_that_was_given_stays():
    used = coding()
    before = {name: value.copy() for name, value in used.model.parameters.items()}
    prepared = used.prepared(False, LEARNING["both"])
    files = [io.BytesIO(), io.BytesIO()]
    for file in files:
        for _ in compress(io.BytesIO(VERSE), file, prepared):
            pass
    assert files[0].getvalue() == files[1].getvalue()  # what was learned from one text is not kept for the next
    assert all(np.array_equal(value, before[name]) for name, value in used.model.parameters.items())


def test_nothing_is_learned_by_default():
    assert not NOTHING
    assert all(LEARNING.values())


def files():
    """Of a model with attention, and of one that is wide enough for two threads."""
    models = (coding(attention={"window": 5}), coding(cell="gru", hidden_size=96))
    return [compressed(letters(400), used, learning=Learning(0.001, True))[0].hex() for used in models]


def test_the_number_of_threads_changes_no_bit():
    assert files() == with_other_threads("test_learning")
