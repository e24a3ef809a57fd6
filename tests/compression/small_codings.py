"""Small models with random weights for the tests of compression."""

from __future__ import annotations

import importlib
import io
import os
import subprocess
import sys
from functools import cache, partial
from pathlib import Path

import numpy as np

from charlm.compression import engine
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


def shortened(learning=True):
    """What is set to which value, so that as little is computed as the tests need.

    Of twelve symbols, 4,096 first probabilities would take longer than the short texts. Segments are short, so that
    short texts are learned from many times, and few of them say how large gradients are.
    """
    yield engine, "PROBED", 64
    yield engine, "LEAST_STEPS", 8
    yield engine, "LEARNED", 20
    if learning:
        from charlm.adaptation.rule import Rule
        from charlm.compression import adapted

        yield adapted, "Rule", partial(Rule, segment=8)
        yield adapted, "SEGMENTS", 6


def in_a_process(module, function, learning=False, **environment):
    """The lines that a function of that module of tests gives in a process of its own."""
    code = f"""
import sys
sys.path.append(sys.argv[1])
import small_codings
for place, name, value in small_codings.shortened({learning}):
    setattr(place, name, value)
from {module} import {function}
print(*{function}(), sep="\\n")
"""
    command = [sys.executable, "-c", code, str(Path(__file__).parent)]
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=True)
    assert done.stdout
    return done.stdout.splitlines()


def with_other_threads(module):
    """What `files` of that module gives with two threads; with one, if this process has more."""
    number = "2" if os.environ["OMP_NUM_THREADS"] == "1" else "1"
    return [line.split()[1] for line in _files(number) if line.split()[0] == module]


@cache
def _files(threads):
    """The files of all modules that ask for them, each with its module; to import torch takes longer than to code."""
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    return in_a_process("small_codings", "files_of_modules", True, **dict.fromkeys(names, threads))


def files_of_modules():
    """What `files` of each module gives here."""
    modules = ("test_compressing", "test_from_nothing", "test_learning")
    return [f"{module} {file}" for module in modules for file in importlib.import_module(module).files()]
