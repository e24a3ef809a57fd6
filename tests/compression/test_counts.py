"""A mixture may begin with the counts of a training text, which encoder and decoder are given."""

from __future__ import annotations

import io
from functools import cache

import numpy as np
import pytest
from small_codings import LETTERS, coding
from test_learning import VERSE

from charlm.compression.coding import counted_checksum
from charlm.compression.compressing import compress
from charlm.compression.decompressing import decompress, prepare
from charlm.compression.file_format import read_contents
from charlm.compression.learning import Learning
from charlm.errors import CheckpointError

TRAINING = LETTERS.encode((VERSE * 2).decode()).ids
CODING = coding()


def packed(training, rate=None):
    learning = Learning(rate, True, None if training is None else counted_checksum(training))
    file = io.BytesIO()
    *_, last = compress(io.BytesIO(VERSE), file, CODING.prepared(False, learning, training))
    return file.getvalue(), last.bits


@cache
def with_counts():
    """The file of a mixture that begins with the counts of TRAINING."""
    return packed(TRAINING)


def unpacked(content, training):
    file, text = io.BytesIO(content), io.BytesIO()
    contents = read_contents(file, "a file")
    for _ in decompress(contents, file, text, prepare(contents, CODING, "a file", training), "a file"):
        pass
    return text.getvalue()


@pytest.mark.parametrize("rate", [None, 0.004], ids=["mix", "adapt and mix"])
def test_counts_make_a_file_smaller_and_it_comes_back(rate):
    content, bits = packed(TRAINING, rate) if rate else with_counts()
    assert bits < 0.6 * packed(None, rate)[1]
    assert unpacked(content, TRAINING) == VERSE
    assert unpacked(content, TRAINING.astype(np.uint32)) == VERSE  # the same ids of another width


@pytest.mark.parametrize("training", [None, TRAINING[:-1], TRAINING[::-1]])
def test_another_training_text_is_refused(training):
    with pytest.raises(CheckpointError, match="another training text") as refused:
        unpacked(with_counts()[0], training)
    assert "--no-counts" in refused.value.remedy


def test_the_same_model_may_code_one_text_after_another():
    """What is counted in one text is not kept for the next."""
    prepared = CODING.prepared(False, Learning(None, True, counted_checksum(TRAINING)), TRAINING)
    files = [io.BytesIO(), io.BytesIO()]
    for file in files:
        for _ in compress(io.BytesIO(VERSE), file, prepared):
            pass
    assert files[0].getvalue() == files[1].getvalue()
