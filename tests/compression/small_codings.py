"""Small models with random weights for the tests of compression."""

from __future__ import annotations

import io

import numpy as np

from charlm.compression.coding import Coding
from charlm.compression.compressing import compress
from charlm.compression.decompressing import decompress, prepare
from charlm.compression.file_format import read_contents
from charlm.compression.learning import NOTHING
from charlm.config.settings import ModelSettings
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.text.vocabulary import Vocabulary

LETTERS = Vocabulary.of("\n abcdefghij")


def coding(vocabulary=LETTERS, record_end=None, seed=0, **settings):
    """A model of one narrow layer whose predictions depend on its state."""
    chosen = ModelSettings(**{"hidden_size": 8, "num_layers": 1, **settings})
    parameters = initial_parameters(chosen, vocabulary.size, np.random.default_rng(seed))
    parameters["head.weight"] = parameters["head.weight"] * 5
    return Coding(LanguageModel(chosen, parameters), vocabulary, record_end)


def compressed(data, used, portable=False, learning=NOTHING, **named):
    """The compressed file of some bytes, and the last report."""
    file = io.BytesIO()
    *_, last = compress(io.BytesIO(data), file, used.prepared(portable, learning), **named)
    return file.getvalue(), last


def decompressed(content, used):
    """The bytes that a file gives."""
    file, text = io.BytesIO(content), io.BytesIO()
    contents = read_contents(file, "a file")
    for _ in decompress(contents, file, text, prepare(contents, used, "a file"), "a file"):
        pass
    return text.getvalue()
