"""What encoder and decoder share: the model with its vocabulary, and the report of how far they are. Knows no file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from charlm.compression.beginning import Beginning
from charlm.compression.engine import build_stepper, engine_number, first_checksum, learning_checksum, model_checksum
from charlm.compression.file_format import CHECKSUM
from charlm.compression.forecasting import Forecaster, Forecasting
from charlm.compression.learning import NOTHING, Learning
from charlm.compression.one_stream import streams
from charlm.kernels.blas import single_blas_thread
from charlm.model.language_model import LanguageModel
from charlm.text.cache import in_chunks
from charlm.text.vocabulary import Ids, Vocabulary

ROW_POWER = 14  # rows of 2^14 symbols: each costs a byte or two, and 64 of a block keep two cores busy


@dataclass(frozen=True)
class Coding:
    """A model and what it was trained on, to code with. `record_end` is the id that ends a record, or None."""

    model: LanguageModel  # of numpy arrays
    vocabulary: Vocabulary
    record_end: int | None = None

    def checksum(self) -> bytes:
        """What identifies the model in a file."""
        return model_checksum(self.model, self.vocabulary, self.record_end)[:CHECKSUM]

    def prepared(self, portable: bool, learning: Learning = NOTHING, training: Ids | None = None) -> Prepared:
        """The engine that gives the probabilities here. `training` (N,) is the text that `learning` says was counted.

        Raises as `compress` does.
        """
        with single_blas_thread():
            used = build_stepper(self.model, portable)
            forecaster = Forecaster(used, self.vocabulary.size, self.record_end)
            if not learning:
                first = first_checksum(forecaster)
                return Prepared(self, lambda: forecaster, engine_number(used), first[:CHECKSUM])
            new = streams(self.model, forecaster, learning, training)
            first = learning_checksum(new(), learning)
            return Prepared(self, new, engine_number(used), first[:CHECKSUM], learning)


def begun(beginning: Beginning, rate: float) -> Prepared:
    """A model that begins from nothing, ready to code a text that it learns from. Raises as `compress` does."""
    from charlm.compression.growing import growths

    coding = Coding(beginning.model(), beginning.vocabulary)
    learning = Learning(rate, mixed=True)
    assert learning.rate is not None
    plan = replace(beginning.plan, rate=learning.rate)  # as a file keeps it
    with single_blas_thread():
        new = growths(coding.model, plan)
        first = learning_checksum(new(), learning)
        number = engine_number(build_stepper(coding.model, portable=False))
    return Prepared(coding, new, number, first[:CHECKSUM], learning, beginning)


def counted_checksum(training: Ids) -> bytes:
    """What identifies a training text, ids (N,), in a file."""
    digest = hashlib.sha256()
    for chunk in in_chunks(training):
        digest.update(np.ascontiguousarray(chunk, "<u4").data)
    return digest.digest()[:CHECKSUM]


@dataclass(frozen=True)
class Prepared:
    """A model with its engine, ready to code. `first` is the checksum of its first probabilities."""

    coding: Coding
    forecasting: Callable[[], Forecasting]  # what codes a text: a new one for each
    engine: int
    first: bytes
    learning: Learning = NOTHING
    beginning: Beginning | None = None  # of a model that begins from nothing


@dataclass(frozen=True)
class Progress:
    """How far a text is coded. The last one is the result."""

    text_bytes: int
    file_bytes: int
    symbols: int
    bits: float  # what the model's probabilities make of these symbols, without unknown characters' names
