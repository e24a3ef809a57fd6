"""Ids from a model: how it reads, how it goes on, and that samples share nothing but their beginning."""

from itertools import islice

import numpy as np
import pytest

from charlm.errors import IntegrityError
from charlm.sampling.decoding import Decoding, draw, weights
from charlm.sampling.generation import bursts, generate, random_stream, read


class Bigrams:
    """A table of logits; its state, the ids read so far, lets the tests see what it was fed."""

    def __init__(self, table):
        self.table = np.asarray(table, dtype=np.float32)
        self.steps = 0

    def fresh(self, rows):
        return ((),) * rows

    def step(self, ids, state):
        self.steps += 1
        return self.table[ids], tuple((*read, int(symbol)) for read, symbol in zip(state, ids, strict=True))


def successor(size):
    """After symbol i always comes i + 1."""
    return Bigrams(20 * np.roll(np.eye(size), 1, axis=1))


def even(size):
    return Bigrams(np.zeros((size, size)))


GREEDY = Decoding(temperature=0)


def test_reading_leaves_a_state_that_has_seen_every_id():
    after = read(successor(5), [3, 1, 4])
    assert after.state == ((3, 1, 4),)
    assert after.ids == (3, 1, 4)
    assert after.logits.argmax() == 0


def test_greedy_temperature_zero_follows_the_likeliest():
    model = successor(5)
    assert list(generate(model, read(model, [2]), GREEDY, 7, random_stream(0, 0))) == [3, 4, 0, 1, 2, 3, 4]


def test_greedy_does_not_depend_on_the_seed():
    model = Bigrams(np.random.default_rng(0).normal(size=(6, 6)))
    after = read(model, [0])
    assert list(generate(model, after, GREEDY, 20, random_stream(1, 0))) == list(
        generate(model, after, GREEDY, 20, random_stream(2, 9))
    )


def test_the_model_takes_no_step_whose_scores_nobody_needs():
    model = successor(4)
    after = read(model, [0])
    model.steps = 0
    assert len(list(generate(model, after, GREEDY, 5, random_stream(0, 0)))) == 5
    assert model.steps == 4
    assert list(generate(model, after, GREEDY, 0, random_stream(0, 0))) == []
    assert model.steps == 4


def test_each_id_comes_as_soon_as_it_is_drawn():
    model = successor(4)
    after = read(model, [0])
    model.steps = 0
    assert list(islice(generate(model, after, GREEDY, 10**9, random_stream(0, 0)), 2)) == [1, 2]
    assert model.steps == 1


def test_seeds_same_seed_same_ids_and_another_seed_others():  # torch-rnn #217
    model = even(50)
    after = read(model, [0])

    def sample(seed, number=0):
        return list(generate(model, after, Decoding(temperature=1), 40, random_stream(seed, number)))

    assert sample(5) == sample(5)
    assert sample(5) != sample(6)
    assert sample(5, 0) != sample(5, 1)
    assert sample(5, 1) != sample(6, 0)


def test_random_streams_are_the_same_on_every_machine():
    assert random_stream(12345, 2).random(2).tolist() == [0.6682272560849873, 0.8520852744644608]


def test_bigram_frequencies_are_those_of_the_table():
    chances = np.array([[0.1, 0.9, 0.0], [0.5, 0.2, 0.3], [1.0, 0.0, 0.0]])
    model = Bigrams(np.log(np.maximum(chances, 1e-30)))
    ids = list(generate(model, read(model, [0]), Decoding(temperature=1), 8000, random_stream(3, 0)))
    counts = np.zeros((3, 3))
    np.add.at(counts, (ids[:-1], ids[1:]), 1)
    assert np.abs(counts / counts.sum(axis=1, keepdims=True) - chances).max() < 0.03


def test_the_repetition_penalty_sees_the_prompt_and_what_was_drawn():
    model = Bigrams(np.tile([1.0, 0.9, 0.8, 0.1], (4, 1)))
    decoding = Decoding(temperature=0, repetition_penalty=20, repetition_window=2)
    assert list(generate(model, read(model, [0]), decoding, 6, random_stream(0, 0))) == [1, 2, 0, 1, 2, 0]


def test_a_penalty_without_a_window_changes_nothing():
    model = successor(4)
    decoding = Decoding(temperature=0, repetition_penalty=100, repetition_window=0)
    assert list(generate(model, read(model, [0]), decoding, 5, random_stream(0, 0))) == [1, 2, 3, 0, 1]


def test_a_model_that_gives_nan_is_an_integrity_error():
    model = Bigrams(np.full((3, 3), np.nan))
    with pytest.raises(IntegrityError, match="no usable scores"):
        next(generate(model, read(model, [0]), Decoding(), 5, random_stream(0, 0)))


class DrawsByItself(Bigrams):
    """Draws as decoding does, three at a time at the most, and books what it was asked for."""

    def __init__(self, table):
        super().__init__(table)
        self.asked = []

    def generate_next(self, logits, state, temperature, us):
        assert np.isfinite(logits).all()
        self.asked.append(len(us))
        drawn = []
        for (u,) in us[:3]:
            if not np.isfinite(logits).all():
                break
            drawn.append([draw(weights(logits[0], Decoding(temperature=temperature)), u)])
            logits, state = self.step(np.array(drawn[-1]), state)
        return np.array(drawn), logits, state


TABLE = np.random.default_rng(8).normal(size=(9, 9))


@pytest.mark.parametrize("length", [0, 1, 3, 4, 255, 256, 257, 1000])
def test_a_model_that_draws_by_itself_draws_the_same(length):
    one, other = Bigrams(TABLE), DrawsByItself(TABLE)
    expected = list(generate(one, read(one, [4]), Decoding(), length, random_stream(1, 0)))
    assert list(generate(other, read(other, [4]), Decoding(), length, random_stream(1, 0))) == expected
    assert bool(other.asked) == (length > 0)


def test_what_it_drew_comes_at_once():
    model = DrawsByItself(TABLE)
    assert [len(ids) for ids in bursts(model, read(model, [4]), Decoding(), 8, random_stream(1, 0))] == [3, 3, 2]


@pytest.mark.parametrize("decoding", [GREEDY, Decoding(top_k=3), Decoding(repetition_penalty=2)])
def test_a_model_that_draws_by_itself_is_not_asked_for_more_than_a_temperature(decoding):
    one, other = Bigrams(TABLE), DrawsByItself(TABLE)
    expected = list(generate(one, read(one, [4]), decoding, 50, random_stream(1, 0)))
    assert list(generate(other, read(other, [4]), decoding, 50, random_stream(1, 0))) == expected
    assert not other.asked


def test_what_was_drawn_before_nan_comes_first():
    table = 20 * np.roll(np.eye(8), 1, axis=1)
    table[5] = np.nan
    model = DrawsByItself(table)
    ids = generate(model, read(model, [0]), Decoding(), 100, random_stream(0, 0))
    assert list(islice(ids, 5)) == [1, 2, 3, 4, 5]
    with pytest.raises(IntegrityError, match="no usable scores"):
        next(ids)


def test_nothing_to_read_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        read(successor(3), [])
