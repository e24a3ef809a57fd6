"""Samples that are generated together: each is what it is alone, and nothing is computed for one that ended."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from tables import Bigrams, DrawsByItself, V, alone, random_table, together

from charlm.config.settings import ModelSettings
from charlm.errors import IntegrityError
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.model.state import take_rows
from charlm.model.stepping import DefinitionStepper
from charlm.randomness import named_stream, sample_stream
from charlm.sampling.loop.generation import generate, read
from charlm.sampling.rules.decoding import Decoding


class RowByRow:
    """An engine made batch invariant by stepping its rows one by one."""

    batch_invariant = True

    def __init__(self, engine):
        self.engine = engine
        self.fresh = engine.fresh

    def step(self, ids, state):
        rows = [self.engine.step(ids[[row]], take_rows(state, np.array([row]))) for row in range(len(ids))]
        layers = zip(*(after for _, after in rows), strict=True)
        joined = tuple(type(same[0])(*(np.concatenate(parts) for parts in zip(*same, strict=True))) for same in layers)
        return np.concatenate([logits for logits, _ in rows]), joined


def engine(**model):
    chosen = ModelSettings.model_validate({"hidden_size": 8, **model})
    return RowByRow(DefinitionStepper(LanguageModel(chosen, initial_parameters(chosen, V, named_stream(3, "weights")))))


MODELS = {
    "table": Bigrams(random_table()),
    "draws by itself": DrawsByItself(random_table()),
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


@pytest.mark.parametrize("decoding", DECODINGS)
@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_law_a_sample_is_the_same_alone_and_with_others(model, decoding):
    after = read(model, [1, 2, 3])
    drawn, rounds = together(model, after, decoding, 25, range(6))
    assert drawn == [alone(model, after, decoding, 25, number) for number in range(6)]
    assert rounds == (9 if isinstance(model, DrawsByItself) and decoding.of_logits else 25)
    assert decoding.temperature == 0 or len(set(map(tuple, drawn))) == 6


@given(some.lists(some.integers(1, 12), min_size=1, max_size=8), some.integers(0, 10), some.integers(0, 3))
@settings(deadline=None, max_examples=60)
def test_law_a_sample_does_not_depend_on_when_others_end(lengths, length, seed):
    model = Bigrams(random_table(seed))
    after = read(model, [4])
    model.rows.clear()
    drawn, _ = together(
        model, after, Decoding(), length, range(len(lengths)), lambda sample, ids: len(ids) == lengths[sample]
    )
    kept = [min(own, length) for own in lengths]
    # a step has one row for every sample that draws again, and there is no step without rows
    assert model.rows == [sum(own > taken for own in kept) for taken in range(1, max(kept))]
    assert drawn == [alone(model, after, Decoding(), own, number) for number, own in enumerate(kept)]


@given(some.lists(some.integers(1, 12), min_size=1, max_size=8), some.integers(0, 10), some.integers(0, 3))
@settings(deadline=None, max_examples=60)
def test_law_nor_if_the_model_draws_by_itself(lengths, length, seed):
    model = DrawsByItself(random_table(seed))
    after = read(model, [4])
    drawn, _ = together(
        model, after, Decoding(), length, range(len(lengths)), lambda sample, ids: len(ids) >= lengths[sample]
    )
    for ids, own, number in zip(drawn, lengths, range(len(lengths)), strict=True):
        assert len(ids) == min(length, -(-own // 3) * 3)  # a sample ends after the three ids that were drawn together
        assert ids == alone(model, after, Decoding(), len(ids), number)


def test_each_round_comes_before_the_step_for_the_next():
    model = Bigrams(random_table())
    after = read(model, [0])
    model.rows.clear()
    rounds = generate(model, after, Decoding(), 10**9, [sample_stream(0, number) for number in range(3)])
    next(rounds)
    assert model.rows == []
    next(rounds)
    assert model.rows == [3]


def test_samples_do_not_change_what_was_read():
    model = MODELS["lstm"]
    after = read(model, [1, 2])
    first, _ = together(model, after, Decoding(), 20, range(3))
    again, _ = together(model, after, Decoding(), 20, range(3))
    assert first == again


@pytest.mark.parametrize("model_class", [Bigrams, DrawsByItself])
@pytest.mark.parametrize("decoding", DECODINGS)
def test_a_sample_without_finite_logits_gets_its_error_and_the_others_continue(decoding, model_class):
    table = random_table()
    table[0] = np.nan  # a sample that draws 0 cannot draw again
    model = model_class(table)
    after = read(Bigrams(random_table()), [1, 1])
    drawn, _ = together(model, after, decoding, 12, range(8))
    ended = [isinstance(ids[-1], IntegrityError) for ids in drawn]
    for ids, bad, number in zip(drawn, ended, range(8), strict=True):
        if bad:
            assert ids[-2] == 0
            *before, error = alone(model, after, decoding, 12, number)
            assert str(ids.pop()) == str(error)
            assert ids == before
        else:
            assert ids == alone(model, after, decoding, 12, number)
    if decoding == Decoding():
        assert set(ended) == {True, False}
