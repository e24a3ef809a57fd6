"""Several samples under one seed: the same text as each alone, in order, in bounded memory."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from charlm.errors import IntegrityError
from charlm.model.state import take_rows
from charlm.sampling import writing
from charlm.sampling.loop.generation import read
from charlm.sampling.rules.decoding import Decoding
from charlm.sampling.writing import Wanted, write_samples
from charlm.text.vocabulary import Vocabulary

WARM = Decoding(temperature=1.0)


class Table:
    """Logits by the symbol read, without a state. Records the number of rows of every step."""

    batch_invariant = True

    def __init__(self, vocabulary, seed=0):
        self.table = np.random.default_rng(seed).normal(size=(vocabulary.size,) * 2).astype(np.float32)
        self.widths = []

    def fresh(self, rows):
        return ()

    def step(self, ids, state):
        self.widths.append(len(ids))
        return self.table[ids], take_rows(state, ids)


class NotInvariant(Table):
    """A model that is not batch invariant."""

    batch_invariant = False


def made(symbols="abé\n", unit="character", model_class=Table, seed=0):
    vocabulary = Vocabulary.of(symbols, unit)
    model = model_class(vocabulary, seed)
    after = read(model, [0])
    model.widths.clear()
    return model, vocabulary, after


def joined(fragments):
    fragments = list(fragments)
    assert all(fragment.stopped is None for fragment in fragments[:-1])
    return "".join(fragment.text for fragment in fragments), fragments[-1].stopped


def alone(model, vocabulary, after, wanted, seed, number):
    return next(write_samples(model, vocabulary, after, wanted, seed, range(number, number + 1)))


@given(
    some.sampled_from(["character", "byte"]),
    some.integers(0, 30),
    some.integers(1, 9),
    some.lists(some.text("abé\n", min_size=1, max_size=3), max_size=2),
    some.booleans(),
    some.integers(0, 3),
)
@settings(deadline=None, max_examples=100)
def test_law_a_sample_is_the_same_text_alone_and_with_others(unit, length, count, stops, records, seed):
    model, vocabulary, after = made(unit=unit, seed=seed)
    wanted = Wanted(WARM, length, stops, vocabulary.newline if records else None)
    many = write_samples(model, vocabulary, after, wanted, 7, range(count))
    assert [joined(fragments) for fragments in many] == [
        joined(alone(model, vocabulary, after, wanted, 7, number)) for number in range(count)
    ]


@pytest.mark.parametrize(("model_class", "width"), [(Table, 5), (NotInvariant, 1)])
def test_samples_are_generated_together_if_the_model_is_batch_invariant(model_class, width):
    model, vocabulary, after = made(model_class=model_class)
    samples = write_samples(model, vocabulary, after, Wanted(WARM, 10), 1, range(5))
    texts = [joined(fragments) for fragments in samples]
    assert len({text for text, _ in texts}) == 5
    assert set(model.widths) == {width}
    assert sum(model.widths) == 5 * 9


def test_many_samples_come_in_blocks_and_in_order():
    model, vocabulary, after = made()
    count, wanted = 2 * writing.MOST_ROWS + 1, Wanted(WARM, 8)
    texts = [joined(fragments) for fragments in write_samples(model, vocabulary, after, wanted, 1, range(count))]
    assert max(model.widths) == writing.MOST_ROWS
    assert texts == [joined(alone(model, vocabulary, after, wanted, 1, number)) for number in range(count)]


def test_long_samples_are_generated_in_smaller_blocks_to_bound_memory(monkeypatch):
    monkeypatch.setattr(writing, "MOST_UNREAD", 100)
    for length, width in [(10, 10), (30, 3), (100, 1), (1000, 1)]:
        model, vocabulary, after = made()
        for fragments in write_samples(model, vocabulary, after, Wanted(WARM, length), 1, range(20)):
            joined(fragments)
        assert max(model.widths) == width


def test_the_first_sample_streams_while_the_others_are_generated():
    model, vocabulary, after = made()
    first = next(write_samples(model, vocabulary, after, Wanted(WARM, 1000), 1, range(64)))
    assert len(next(first).text) == 1
    assert len(model.widths) == 0
    assert len(next(first).text) == 1
    assert len(model.widths) == 1


def test_an_error_is_raised_when_its_sample_is_read():
    model, vocabulary, after = made(symbols="abcdefgh")
    model.table[3] = np.inf
    wanted = Wanted(WARM, 6)
    read_so_far = []

    def read_all():
        for sample in write_samples(model, vocabulary, after, wanted, 1, range(10)):
            read_so_far.append("")
            for fragment in sample:
                read_so_far[-1] += fragment.text

    with pytest.raises(IntegrityError, match="no usable scores"):
        read_all()
    *whole, broken = read_so_far
    assert whole, "in this case a whole sample comes first"
    assert all(len(text) == 6 and "d" not in text[:-1] for text in whole)
    assert broken.endswith("d")
    one = alone(model, vocabulary, after, wanted, 1, len(whole))
    assert "".join(next(one).text for _ in broken) == broken
    with pytest.raises(IntegrityError):
        next(one)
