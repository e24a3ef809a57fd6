"""Several samples under one seed: the same text whichever way they are drawn, in their order, with little memory."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from charlm.errors import IntegrityError
from charlm.model.state import take_rows
from charlm.sampling import samples as module
from charlm.sampling.decoding import Decoding
from charlm.sampling.generation import random_stream, read
from charlm.sampling.samples import write_samples
from charlm.sampling.writing import write
from charlm.text.vocabulary import Vocabulary

WARM = Decoding(temperature=1.0)


class Table:
    """Logits by the symbol read, no state: `take_rows` has nothing to take."""

    batch_invariant = True

    def __init__(self, vocabulary, seed=0):
        self.table = np.random.default_rng(seed).normal(size=(vocabulary.size,) * 2).astype(np.float32)
        self.widths = []

    def fresh(self, rows):
        return ()

    def step(self, ids, state):
        self.widths.append(len(ids))
        return self.table[ids], take_rows(state, ids)


class Single(Table):
    """One that makes no promise about its rows."""

    batch_invariant = False


def made(symbols="abé\n", unit="character", kind=Table, seed=0):
    vocabulary = Vocabulary.of(symbols, unit)
    model = kind(vocabulary, seed)
    after = read(model, [0])
    model.widths.clear()
    return model, vocabulary, after


def told(pieces):
    pieces = list(pieces)
    assert all(piece.stopped is None for piece in pieces[:-1])
    return "".join(piece.text for piece in pieces), pieces[-1].stopped


@given(
    some.sampled_from(["character", "byte"]),
    some.integers(0, 30),
    some.integers(1, 9),
    some.lists(some.text("abé\n", min_size=1, max_size=3), max_size=2),
    some.booleans(),
    some.integers(0, 3),
)
@settings(deadline=None, max_examples=100)
def test_law_a_sample_is_the_same_text_alone_and_among_many(unit, length, count, stops, records, seed):
    model, vocabulary, after = made(unit=unit, seed=seed)
    many = write_samples(model, vocabulary, after, WARM, length, 7, count, stops=stops, records=records)
    assert [told(pieces) for pieces in many] == [
        told(write(model, vocabulary, after, WARM, length, random_stream(7, k), stops=stops, records=records))
        for k in range(count)
    ]


@pytest.mark.parametrize(("kind", "width"), [(Table, 5), (Single, 1)])
def test_samples_are_drawn_side_by_side_where_the_engine_can(kind, width):
    model, vocabulary, after = made(kind=kind)
    texts = [told(pieces) for pieces in write_samples(model, vocabulary, after, WARM, 10, 1, 5)]
    assert len({text for text, _ in texts}) == 5
    assert set(model.widths) == {width}
    assert sum(model.widths) == 5 * 9


def test_more_samples_than_go_at_once_come_in_blocks_and_in_their_order():
    model, vocabulary, after = made()
    count = 2 * module.ROWS + 1
    texts = [told(pieces)[0] for pieces in write_samples(model, vocabulary, after, WARM, 8, 1, count)]
    assert max(model.widths) == module.ROWS
    assert texts == [
        told(write(model, vocabulary, after, WARM, 8, random_stream(1, sample)))[0] for sample in range(count)
    ]


def test_memory_is_bounded_by_fewer_at_once_where_they_are_long(monkeypatch):
    monkeypatch.setattr(module, "HELD", 100)
    for length, width in [(10, 10), (30, 3), (100, 1), (1000, 1)]:
        model, vocabulary, after = made()
        for pieces in write_samples(model, vocabulary, after, WARM, length, 1, 20):
            told(pieces)
        assert max(model.widths) == width


def test_the_first_sample_streams_while_the_others_are_drawn():
    model, vocabulary, after = made()
    first = next(write_samples(model, vocabulary, after, WARM, 1000, 1, 64))
    assert len(next(first).text) == 1
    assert len(model.widths) == 0
    assert len(next(first).text) == 1
    assert len(model.widths) == 1


def test_an_error_comes_where_its_sample_is_read():
    model, vocabulary, after = made(symbols="abcdefgh")
    model.table[3] = np.inf
    read_so_far = []

    def read_all():
        for sample in write_samples(model, vocabulary, after, WARM, 6, 1, 10):
            read_so_far.append("")
            for piece in sample:
                read_so_far[-1] += piece.text

    with pytest.raises(IntegrityError, match="no usable scores"):
        read_all()
    *whole, broken = read_so_far
    assert whole, "the case is one where a whole sample comes first"
    assert all(len(text) == 6 and "d" not in text[:-1] for text in whole)
    assert broken.endswith("d")
    one = write(model, vocabulary, after, WARM, 6, random_stream(1, len(whole)))
    assert "".join(next(one).text for _ in broken) == broken
    with pytest.raises(IntegrityError):
        next(one)
