"""Whole records from a model that knows a few: none is empty, and unwanted ones are left out."""

from __future__ import annotations

import numpy as np
import pytest

from charlm.sampling.loop.generation import read
from charlm.sampling.rules.decoding import Decoding
from charlm.sampling.whole_records import TRIES, write_records
from charlm.sampling.writing import Wanted, opening_ids, write_text
from charlm.text.vocabulary import Vocabulary

VOCABULARY = Vocabulary.of("\nab ")
END = VOCABULARY.newline


class Flat:
    """A model for which every symbol is as likely as any other: a fourth of its records are empty."""

    def fresh(self, rows):
        return rows

    def step(self, ids, state):
        return np.zeros((len(ids), VOCABULARY.size)), state


def records(count, begun="", accept=None, length=50):
    model = Flat()
    after = read(model, opening_ids(VOCABULARY, VOCABULARY.encode(begun).ids, END))
    wanted = Wanted(Decoding(), length, (), END)
    found = write_records(model, VOCABULARY, after, wanted, 1, count, begun, accept)
    return ["".join(fragment.text for fragment in fragments) for fragments in found]


def test_records_are_never_empty():
    found = records(40)
    assert len(found) == 40
    assert all(record.strip() for record in found)
    alone = [write_text(Flat(), VOCABULARY, length=50, seed=1, sample=number, end=END) for number in range(200)]
    assert found == [record for record in alone if record.strip()][:40]


def test_what_was_begun_is_not_empty():
    assert "" in records(40, begun="a")


def test_unwanted_records_are_left_out():
    seen = set()

    def is_new(record):
        assert record.startswith("a")
        new = record not in seen
        seen.add(record)
        return new

    found = records(30, begun="a", accept=is_new)
    assert len(set(found)) == len(found) == 30


def test_the_search_ends():
    tried = []
    assert records(3, accept=lambda record: tried.append(record)) == []
    assert 0 < len(tried) <= 3 * TRIES


@pytest.mark.parametrize("accept", [None, lambda record: True])
def test_a_record_that_does_not_end_is_cut(accept):
    assert all(len(record) <= 2 for record in records(10, accept=accept, length=2))
