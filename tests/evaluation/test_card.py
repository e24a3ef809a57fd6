"""The rows of a card are what their predictors give alone, and each source reads the text once."""

from __future__ import annotations

import numpy as np
import pytest

from charlm.baselines.ngram import new_ngram
from charlm.errors import DivergedError
from charlm.evaluation.beside_model import COUNTED, NEW, readers_beside
from charlm.evaluation.card import (
    ADAPTING,
    BESIDE,
    COUNTING,
    COUNTING_BESIDE,
    MODEL,
    NEW_BESIDE,
    NGRAM,
    Row,
    model_rows,
    ngram_rows,
    read_rows,
)
from charlm.evaluation.mixing import LogLinear, Mixture
from charlm.evaluation.predicting import read_nats
from charlm.evaluation.temperature import Tempered
from charlm.model.probabilities import log_softmax

V = 5


class Fixed:
    """Predicts the rows of a table, and counts what it reads."""

    def __init__(self, length):
        self.rows, self.read_ids = log_softmax(np.random.default_rng(0).normal(0, 2, (length, V))), 0

    def read(self, ids):
        self.read_ids += len(ids)
        return self.rows[self.read_ids - len(ids) : self.read_ids]


def counted():
    counts = new_ngram(2, V)
    counts.count(np.arange(400) % V)
    return counts


def ngram(counting):
    return counted().reader(counting)


def sources_of(length, adapting):
    counting, new = readers_beside(counted(), counting=True)
    return {
        MODEL: Fixed(length), ADAPTING: adapting, NGRAM: ngram(False), COUNTING: ngram(True),
        BESIDE: ngram(False), COUNTING_BESIDE: counting, NEW_BESIDE: new,
    }  # fmt: skip


@pytest.mark.parametrize("length", [2, 5000])
def test_each_row_is_its_predictor(length):
    ids = (np.arange(length) * np.arange(length) % V).astype(np.uint8)
    sources = sources_of(length, Fixed(length))
    told: list = []
    rows = read_rows(sources, [*model_rows(1.3, True), *ngram_rows(2)], ids, told.append)
    expected = {
        "static": Fixed(length),
        "fitted temperature": Tempered(Fixed(length), 1.3),
        "adapted": Fixed(length),
        "static + n-gram": Mixture([Fixed(length), ngram(False)], LogLinear(COUNTED)),
        "static + counting": Mixture([Fixed(length), *readers_beside(counted(), counting=True)], LogLinear(NEW)),
        "adapted + counting": Mixture([Fixed(length), *readers_beside(counted(), counting=True)], LogLinear(NEW)),
        "Kneser-Ney 2": ngram(False),
        "Kneser-Ney 2, counting": ngram(True),
    }
    assert [each.row.name for each in rows] == list(expected)
    for each, predictor in zip(rows, expected.values(), strict=True):
        np.testing.assert_allclose(each.nats, read_nats(predictor, ids), atol=1e-12)
    assert sources[MODEL].read_ids == length == told[-1]


def test_a_row_takes_as_long_as_its_sources_and_itself(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("charlm.evaluation.card.time.perf_counter", lambda: now[0])

    class Slow(Fixed):
        def read(self, ids):
            now[0] += 10
            return super().read(ids)

    def mixed(every, ids):
        now[0] += 1
        return every[0]

    rows = [
        Row("one", ("a",), lambda every, ids: every[0], "no"),
        Row("both", ("a", "b"), mixed, "weights"),
    ]
    found = read_rows({"a": Slow(3), "b": Slow(3)}, rows, np.zeros(3, np.uint8))
    assert [each.seconds for each in found] == [10, 21]


def test_without_adapting_its_rows_are_left_out():
    assert [row.name for row in model_rows(1.0, False)] == [
        "static", "fitted temperature", "static + n-gram", "static + counting",
    ]  # fmt: skip


def test_a_source_that_diverges_ends_its_own_rows():
    class Diverging(Fixed):
        def read(self, ids):
            if self.read_ids:
                raise DivergedError("it became worse than guessing")
            return super().read(ids)

    length = 5000
    ids = np.zeros(length, np.uint8)
    sources = sources_of(length, Diverging(length))
    rows = {each.row.name: each for each in read_rows(sources, model_rows(1.3, True), ids)}
    assert [name for name, each in rows.items() if each.diverged] == ["adapted", "adapted + counting"]
    np.testing.assert_allclose(rows["static"].nats, read_nats(Fixed(length), ids))
