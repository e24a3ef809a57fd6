"""Samples that take their steps together: each is what it is alone, and no step is taken for one that ended."""

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from charlm.config.settings import ModelSettings
from charlm.errors import IntegrityError
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.model.state import take_rows
from charlm.model.stepping import DefinitionStepper
from charlm.randomness import named_stream
from charlm.sampling.decoding import Decoding, draw_rows
from charlm.sampling.generation import generate, random_stream, read
from charlm.sampling.side_by_side import generate_rows

V = 9


class Seen(NamedTuple):
    last: np.ndarray  # (B, 1) the id read last


class Bigrams:
    """A table of logits, to which the symbol before the last adds."""

    batch_invariant = True

    def __init__(self, table):
        self.table = np.asarray(table, np.float32)
        self.rows = []

    def fresh(self, rows):
        return (Seen(np.zeros((rows, 1), int)),)

    def step(self, ids, state):
        self.rows.append(len(ids))
        return self.table[ids] + self.table[state[0].last[:, 0]] / 2, (Seen(np.array(ids)[:, None]),)


class DrawsByItself(Bigrams):
    """Draws as decoding does, three at a time at the most."""

    def generate_next(self, logits, state, temperature, us):
        drawn = []
        assert np.isfinite(logits).all()
        for now in us[:3]:
            if not np.isfinite(logits).all():
                break
            drawn.append(draw_rows(logits, Decoding(temperature=temperature), [()] * len(logits), now))
            logits, state = self.step(np.array(drawn[-1]), state)
        return np.array(drawn), logits, state


class EachAlone:
    """An engine whose rows are stepped one by one, so that they round alike."""

    batch_invariant = True

    def __init__(self, engine):
        self.engine = engine
        self.fresh = engine.fresh

    def step(self, ids, state):
        rows = [self.engine.step(ids[[row]], take_rows(state, np.array([row]))) for row in range(len(ids))]
        layers = zip(*(after for _, after in rows), strict=True)
        joined = tuple(type(same[0])(*(np.concatenate(parts) for parts in zip(*same, strict=True))) for same in layers)
        return np.concatenate([logits for logits, _ in rows]), joined


def random_table(seed=0):
    return np.random.default_rng(seed).normal(size=(V, V)) * 2


def engine(**model):
    chosen = ModelSettings.model_validate({"hidden_size": 8, **model})
    return EachAlone(
        DefinitionStepper(LanguageModel(chosen, initial_parameters(chosen, V, named_stream(3, "weights"))))
    )


MODELS = {
    "table": Bigrams(random_table()),
    "one that draws by itself": DrawsByItself(random_table()),
    "lstm": engine(num_layers=2),
    "gru": engine(cell="gru"),
    "attention": engine(attention={"window": 3}),
}
DECODINGS = [
    Decoding(),
    Decoding(temperature=0),
    Decoding(temperature=1.5, top_p=0.9, top_k=5, min_p=0.01),
    Decoding(repetition_penalty=1.5, repetition_window=4),
]


def together(model, after, decoding, length, numbers, ends=lambda sample, ids: False):
    """What each sample drew, and how often something was asked for."""
    drawn = [[] for _ in numbers]

    def taking(sample):
        def take(ids):
            drawn[sample] += [ids] if isinstance(ids, IntegrityError) else ids
            return not isinstance(ids, IntegrityError) and not ends(sample, drawn[sample])

        return take

    takes = [taking(sample) for sample in range(len(numbers))]
    streams = [random_stream(5, number) for number in numbers]
    rounds = sum(1 for _ in generate_rows(model, after, decoding, length, streams, takes))
    return drawn, rounds


def alone(model, after, decoding, length, number):
    return list(generate(model, after, decoding, length, random_stream(5, number)))


@pytest.mark.parametrize("decoding", DECODINGS)
@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_law_a_sample_is_the_same_alone_and_beside_others(model, decoding):
    after = read(model, [1, 2, 3])
    drawn, rounds = together(model, after, decoding, 25, range(6))
    assert drawn == [alone(model, after, decoding, 25, number) for number in range(6)]
    assert rounds == (9 if isinstance(model, DrawsByItself) and decoding == Decoding() else 25)
    assert decoding.temperature == 0 or len(set(map(tuple, drawn))) == 6


@given(some.lists(some.integers(1, 12), min_size=1, max_size=8), some.integers(0, 10), some.integers(0, 3))
@settings(deadline=None, max_examples=60)
def test_law_whenever_the_others_end_a_sample_is_the_same(lengths, length, seed):
    model = Bigrams(random_table(seed))
    after = read(model, [4])
    model.rows.clear()
    drawn, _ = together(
        model, after, Decoding(), length, range(len(lengths)), lambda sample, ids: len(ids) == lengths[sample]
    )
    kept = [min(own, length) for own in lengths]
    # a step has a row for every sample that draws once more, and nothing is stepped for nobody
    assert model.rows == [sum(own > taken for own in kept) for taken in range(1, max(kept))]
    assert drawn == [alone(model, after, Decoding(), own, number) for number, own in enumerate(kept)]


@given(some.lists(some.integers(1, 12), min_size=1, max_size=8), some.integers(0, 10), some.integers(0, 3))
@settings(deadline=None, max_examples=60)
def test_law_so_it_is_for_a_model_that_draws_by_itself(lengths, length, seed):
    model = DrawsByItself(random_table(seed))
    after = read(model, [4])
    drawn, _ = together(
        model, after, Decoding(), length, range(len(lengths)), lambda sample, ids: len(ids) >= lengths[sample]
    )
    for ids, own, number in zip(drawn, lengths, range(len(lengths)), strict=True):
        assert len(ids) == min(length, -(-own // 3) * 3)  # they end with the three that were drawn together
        assert ids == alone(model, after, Decoding(), len(ids), number)


def test_each_round_comes_before_the_step_for_the_next():
    model = Bigrams(random_table())
    after = read(model, [0])
    model.rows.clear()
    rounds = generate_rows(model, after, Decoding(), 10**9, [random_stream(0, 0)] * 3, [lambda symbol: True] * 3)
    next(rounds)
    assert model.rows == []
    next(rounds)
    assert model.rows == [3]


def test_what_was_read_is_left_as_it_was():
    model = MODELS["lstm"]
    after = read(model, [1, 2])
    first, _ = together(model, after, Decoding(), 20, range(3))
    again, _ = together(model, after, Decoding(), 20, range(3))
    assert first == again


@pytest.mark.parametrize("kind", [Bigrams, DrawsByItself])
@pytest.mark.parametrize("decoding", DECODINGS)
def test_a_sample_without_usable_scores_has_its_error_and_the_others_go_on(decoding, kind):
    table = random_table()
    table[0] = np.nan  # whoever draws the 0 is lost at the next symbol
    model = kind(table)
    after = read(Bigrams(random_table()), [1, 1])
    drawn, _ = together(model, after, decoding, 12, range(8))
    ended = [isinstance(ids[-1], IntegrityError) for ids in drawn]
    for ids, bad, number in zip(drawn, ended, range(8), strict=True):
        if bad:
            assert ids[-2] == 0
            with pytest.raises(IntegrityError) as caught:
                alone(model, after, decoding, 12, number)
            assert str(ids.pop()) == str(caught.value)
            assert ids == alone(model, after, decoding, len(ids), number)
        else:
            assert ids == alone(model, after, decoding, 12, number)
    if decoding == Decoding():
        assert set(ended) == {True, False}
