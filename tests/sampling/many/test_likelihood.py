"""Likelihood: probabilities of symbols, the likeliest of several, models together, and the most likely line."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from tables import Bigrams, V, alone, random_table, together

from charlm.errors import IntegrityError
from charlm.sampling.loop.generation import read
from charlm.sampling.many.beam import likeliest_line
from charlm.sampling.many.ensemble import Ensemble, log_softmax
from charlm.sampling.many.likelihood import bits_per_symbol, choices, likeliest_of
from charlm.sampling.rules.decoding import Decoding, probabilities
from charlm.sampling.writer import Fragment

MODEL, OTHER = Bigrams(random_table(1)), Bigrams(random_table(2))
AFTER = read(MODEL, [1, 2])


def logprob(ids, model=MODEL, before=(1, 2)):
    """The natural log-probability of a text, step by step."""
    after, total = read(model, list(before)), 0.0
    for symbol in ids:
        total += np.log(probabilities(after.logits, Decoding(1.0))[symbol])
        after = read(model, [symbol], after)
    return total


# --- of a text ---


@given(some.lists(some.integers(0, V - 1), min_size=1, max_size=8))
@settings(deadline=None, max_examples=50)
def test_law_the_bits_of_a_text_are_those_of_its_symbols(ids):
    found = list(choices(MODEL, AFTER, ids, 3))
    assert np.isclose(sum(one.logprob for one in found), logprob(ids))
    assert np.isclose(bits_per_symbol(MODEL, AFTER, ids), -logprob(ids) / len(ids) / np.log(2))
    for one in found:
        others = [chance for _, chance in one.alternatives]
        assert len(others) == 3
        assert others == sorted(others, reverse=True)
        assert one.logprob <= others[0]


def test_all_alternatives_add_up_to_one():
    [one] = choices(MODEL, AFTER, [4], V)
    assert np.isclose(sum(np.exp(chance) for _, chance in one.alternatives), 1, atol=1e-12)
    assert dict(one.alternatives)[4] == one.logprob


def test_an_empty_text_is_the_least_likely():
    assert bits_per_symbol(MODEL, AFTER, []) == np.inf


# --- of several ---


def test_the_likeliest_of_several_is_the_one_of_the_fewest_bits():
    texts = [[3, 4], [], [5, 5, 5], [0], [7, 8], [6]]
    samples = [iter([Fragment(str(ids)), Fragment("", "length", tuple(ids))]) for ids in texts]
    found = [list(pieces) for pieces in likeliest_of(MODEL, AFTER, iter(samples), 3)]
    for group, pieces in zip((texts[:3], texts[3:]), found, strict=True):
        best = min(group, key=lambda ids: bits_per_symbol(MODEL, AFTER, ids))
        assert pieces[0].text == str(best)
        assert pieces[-1].bits_per_symbol == bits_per_symbol(MODEL, AFTER, best)


# --- models together ---


@given(some.integers(0, 20), some.integers(0, 20), some.lists(some.integers(0, V - 1), min_size=1, max_size=4))
@settings(deadline=None, max_examples=50)
def test_law_an_ensemble_has_the_mean_of_the_probabilities(one, other, ids):
    models = [Bigrams(random_table(one)), Bigrams(random_table(other))]
    mean = sum(probabilities(read(model, ids).logits, Decoding(1.0)) for model in models) / 2
    found = probabilities(read(Ensemble(models), ids).logits, Decoding(1.0))
    assert np.allclose(found, mean, atol=1e-6)
    assert np.isclose(found.sum(), 1, atol=1e-9)


def test_an_ensemble_of_one_is_that_model():
    for ids in ([1], [3, 4, 5]):
        one, same = read(MODEL, ids).logits, read(Ensemble([MODEL]), ids).logits
        assert np.allclose(same, log_softmax(one[None])[0], atol=1e-12)


@pytest.mark.parametrize("decoding", [Decoding(), Decoding(top_k=3)])
def test_samples_of_an_ensemble_are_the_same_alone_and_with_others(decoding):
    model = Ensemble([MODEL, OTHER, MODEL])
    assert model.batch_invariant
    after = read(model, [1, 2])
    drawn, _ = together(model, after, decoding, 30, range(5))
    assert drawn == [alone(model, after, decoding, 30, number) for number in range(5)]
    assert len({tuple(ids) for ids in drawn}) == 5


def test_a_symbol_that_is_never_written_stays_so_in_an_ensemble():
    table = random_table()
    table[:, 0] = -1e30
    ensemble = Ensemble([Bigrams(table), Bigrams(table)])
    assert np.isfinite(read(ensemble, [1]).logits).all()
    assert probabilities(read(ensemble, [1]).logits, Decoding(1e6))[0] == 0


# --- the most likely line ---


@given(some.integers(0, 30), some.integers(1, 3))
@settings(deadline=None, max_examples=30)
def test_law_a_beam_as_wide_as_all_lines_finds_the_most_likely_one(seed, length):
    model = Bigrams(random_table(seed)[:, :V])
    after = read(model, [1, 2])
    line = likeliest_line(model, after, V**length, length, {8})
    every = [ids for n in range(1, length) for ids in product(range(V - 1), repeat=n)]
    if length == 1:
        assert not line.ended
        assert line.ids == (int(np.argmax(after.logits[:8])),)
    else:
        best = max(every, key=lambda ids: logprob([*ids, 8], model) / (len(ids) + 1))
        assert np.isclose(line.logprob, logprob([*line.ids, 8], model))
        assert np.isclose(line.logprob / (len(line.ids) + 1), logprob([*best, 8], model) / (len(best) + 1))


def test_a_beam_of_one_is_greedy():
    line = likeliest_line(MODEL, AFTER, 1, 12, ())
    assert list(line.ids) == alone(MODEL, AFTER, Decoding(0.0), 12, 0)
    assert not line.ended


def test_a_wider_beam_finds_no_less_likely_beginning():
    found = [likeliest_line(MODEL, AFTER, width, 10, ()).logprob for width in (1, 3, 9, 81)]
    assert found == sorted(found)


def test_a_line_has_something_in_it():
    table = random_table()
    table[:, 8] += 50
    model = Bigrams(table)
    line = likeliest_line(model, read(model, [1]), 4, 9, {8})
    assert line.ended
    assert len(line.ids) == 1


def test_scores_that_are_not_finite_are_an_error():
    model = Bigrams(np.full((V, V), np.nan))
    with pytest.raises(IntegrityError):
        likeliest_line(model, read(model, [1]), 2, 3, ())
