"""The ids of one sample: what the model reads, what it is asked for, and when each id comes."""

from itertools import islice

import numpy as np
import pytest
from tables import Bigrams as WithHalf
from tables import DrawsByItself

from charlm.errors import IntegrityError
from charlm.randomness import sample_stream
from charlm.sampling.loop.generation import generate, read
from charlm.sampling.rules.decoding import Decoding


class Bigrams:
    """A table of logits. Its state is the ids read so far, so that tests see what it was given."""

    def __init__(self, table):
        self.table = np.asarray(table, dtype=np.float32)
        self.steps = 0

    def fresh(self, rows):
        return ((),) * rows

    def step(self, ids, state):
        self.steps += 1
        return self.table[ids], tuple((*read, int(symbol)) for read, symbol in zip(state, ids, strict=True))


def successor(size):
    """Symbol i is always followed by i + 1."""
    return Bigrams(20 * np.roll(np.eye(size), 1, axis=1))


def even(size):
    return Bigrams(np.zeros((size, size)))


GREEDY = Decoding(temperature=0)


def ids_of_one(model, after, decoding, length, stream):
    """The ids of a single sample as they come; raises its error."""
    for round_ in generate(model, after, decoding, length, [stream]):
        yield from round_.ids.get(0, [])
        if round_.ends:
            raise round_.ends[0]


def test_the_state_after_reading_has_every_id():
    after = read(successor(5), [3, 1, 4])
    assert after.state == ((3, 1, 4),)
    assert after.ids == (3, 1, 4)
    assert after.logits.argmax() == 0


def test_greedy_temperature_zero_follows_the_likeliest():
    model = successor(5)
    assert list(ids_of_one(model, read(model, [2]), GREEDY, 7, sample_stream(0, 0))) == [3, 4, 0, 1, 2, 3, 4]


def test_greedy_does_not_depend_on_the_seed():
    model = Bigrams(np.random.default_rng(0).normal(size=(6, 6)))
    after = read(model, [0])
    first, second = (list(ids_of_one(model, after, GREEDY, 20, sample_stream(seed, 0))) for seed in (1, 2))
    assert first == second


def test_the_model_takes_no_step_whose_logits_are_not_needed():
    model = successor(4)
    after = read(model, [0])
    model.steps = 0
    assert len(list(ids_of_one(model, after, GREEDY, 5, sample_stream(0, 0)))) == 5
    assert model.steps == 4
    assert list(ids_of_one(model, after, GREEDY, 0, sample_stream(0, 0))) == []
    assert model.steps == 4


def test_an_id_comes_before_the_model_steps_again():
    model = successor(4)
    after = read(model, [0])
    model.steps = 0
    assert list(islice(ids_of_one(model, after, GREEDY, 10**9, sample_stream(0, 0)), 2)) == [1, 2]
    assert model.steps == 1


def test_seeds_the_same_seed_gives_the_same_ids_and_another_seed_others():  # torch-rnn #217
    model = even(50)
    after = read(model, [0])

    def sample(seed, number=0):
        return list(ids_of_one(model, after, Decoding(temperature=1), 40, sample_stream(seed, number)))

    assert sample(5) == sample(5)
    assert sample(5) != sample(6)
    assert sample(5, 0) != sample(5, 1)
    assert sample(5, 1) != sample(6, 0)


def test_the_random_stream_of_a_sample_is_the_same_on_every_machine():
    assert sample_stream(12345, 2).random(2).tolist() == [0.6682272560849873, 0.8520852744644608]


def test_bigram_frequencies_are_those_of_the_table():
    chances = np.array([[0.1, 0.9, 0.0], [0.5, 0.2, 0.3], [1.0, 0.0, 0.0]])
    model = Bigrams(np.log(np.maximum(chances, 1e-30)))
    ids = list(ids_of_one(model, read(model, [0]), Decoding(temperature=1), 8000, sample_stream(3, 0)))
    counts = np.zeros((3, 3))
    np.add.at(counts, (ids[:-1], ids[1:]), 1)
    assert np.abs(counts / counts.sum(axis=1, keepdims=True) - chances).max() < 0.03


def test_the_repetition_penalty_sees_the_prompt_and_what_was_drawn():
    model = Bigrams(np.tile([1.0, 0.9, 0.8, 0.1], (4, 1)))
    decoding = Decoding(temperature=0, repetition_penalty=20, repetition_window=2)
    assert list(ids_of_one(model, read(model, [0]), decoding, 6, sample_stream(0, 0))) == [1, 2, 0, 1, 2, 0]


def test_a_penalty_without_a_window_changes_nothing():
    model = successor(4)
    decoding = Decoding(temperature=0, repetition_penalty=100, repetition_window=0)
    assert list(ids_of_one(model, read(model, [0]), decoding, 5, sample_stream(0, 0))) == [1, 2, 3, 0, 1]


def test_a_model_that_gives_nan_raises_an_integrity_error():
    model = Bigrams(np.full((3, 3), np.nan))
    with pytest.raises(IntegrityError, match="no usable scores"):
        next(ids_of_one(model, read(model, [0]), Decoding(), 5, sample_stream(0, 0)))


TABLE = np.random.default_rng(8).normal(size=(9, 9))


@pytest.mark.parametrize("length", [0, 1, 3, 4, 255, 256, 257, 1000])
def test_a_model_that_draws_by_itself_draws_the_same(length):
    one, other = WithHalf(TABLE), DrawsByItself(TABLE)
    expected = list(ids_of_one(one, read(one, [4]), Decoding(), length, sample_stream(1, 0)))
    assert list(ids_of_one(other, read(other, [4]), Decoding(), length, sample_stream(1, 0))) == expected
    assert bool(other.asked) == (length > 0)


def test_ids_that_the_model_drew_together_come_together():
    model = DrawsByItself(TABLE)
    rounds = generate(model, read(model, [4]), Decoding(), 8, [sample_stream(1, 0)])
    assert [len(round_.ids[0]) for round_ in rounds] == [3, 3, 2]


OF_LOGITS = [
    GREEDY,
    Decoding(top_k=3),
    Decoding(0.0, top_p=0.5),
    Decoding(1.3, typical=0.6, min_p=0.1, samplers=("min_p", "temperature", "typ_p")),
    Decoding(top_p=0.6, samplers=("top_p",)),
]
OTHERS = [Decoding(repetition_penalty=2), Decoding(mirostat=2), Decoding(logit_bias={2: 1.0}), Decoding(no_repeat=9)]


@pytest.mark.parametrize("decoding", [*OF_LOGITS, *OTHERS])
def test_a_model_that_draws_by_itself_is_asked_if_the_rules_need_nothing_but_logits(decoding):
    one, other = WithHalf(TABLE), DrawsByItself(TABLE)
    expected = list(ids_of_one(one, read(one, [4]), decoding, 50, sample_stream(1, 0)))
    assert list(ids_of_one(other, read(other, [4]), decoding, 50, sample_stream(1, 0))) == expected
    assert bool(other.asked) == (decoding in OF_LOGITS)


def test_ids_drawn_before_nan_come_before_the_error():
    table = 20 * np.roll(np.eye(8), 1, axis=1)
    table[5] = np.nan
    model = DrawsByItself(table)
    ids = ids_of_one(model, read(model, [0]), Decoding(), 100, sample_stream(0, 0))
    assert list(islice(ids, 5)) == [1, 2, 3, 4, 5]
    with pytest.raises(IntegrityError, match="no usable scores"):
        next(ids)


def test_nothing_to_read_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        read(successor(3), [])
