"""Each rule against what its paper says, and the laws of drawing: never an impossible symbol."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from hypothesis.extra.numpy import arrays

from charlm.errors import IntegrityError, UsageError
from charlm.sampling.decoding import (
    Decoding,
    draw,
    draw_rows,
    min_p,
    penalised,
    probabilities,
    softmax,
    tempered,
    top_k,
    top_p,
    weights,
)

scores = arrays(np.float64, some.integers(1, 12), elements=some.floats(-1e4, 1e4, width=32))
decodings = some.builds(
    Decoding,
    temperature=some.floats(0, 50),
    top_k=some.none() | some.integers(1, 20),
    top_p=some.none() | some.floats(0, 1, exclude_min=True),
    min_p=some.none() | some.floats(0, 1),
    repetition_penalty=some.floats(0.01, 100),
)


def kept(logits):
    return np.flatnonzero(np.isfinite(logits)).tolist()


def logs(*chances):
    return np.log(np.array(chances))


# --- each rule ---


def test_temperature_scales_the_distance_between_logits():
    assert np.allclose(tempered(np.array([1.0, 3.0, 2.0]), 0.5), [-4, 0, -2])


def test_temperature_one_changes_no_probability():
    logits = np.array([1.0, -3.0, 2.0])
    assert np.allclose(softmax(tempered(logits, 1.0)), softmax(logits))


def test_greedy_takes_the_first_of_equal_logits():
    assert kept(tempered(np.array([0.0, 2.0, 2.0, 1.0]), 0)) == [1]


def test_the_smallest_temperature_there_is_overflows_nowhere():
    assert softmax(tempered(np.array([0.0, 1.0, -1.0]), 5e-324)).tolist() == [0, 1, 0]


def test_top_k_keeps_k_and_of_equals_the_lower_ids():
    assert kept(top_k(np.array([1.0, 5.0, 1.0, 3.0, 1.0]), 3)) == [0, 1, 3]
    assert kept(top_k(np.tile([1.0, 0.0], 500), 4)) == [0, 2, 4, 6]


def test_top_k_above_the_vocabulary_keeps_everything():
    assert kept(top_k(np.arange(3.0), 7)) == [0, 1, 2]


@pytest.mark.parametrize(
    ("p", "ids"), [(0.5, [1]), (0.51, [1, 3]), (0.79, [1, 3]), (0.85, [0, 1, 3]), (1, [0, 1, 2, 3])]
)
def test_top_p_keeps_the_fewest_that_reach_p(p, ids):
    assert kept(top_p(logs(0.15, 0.5, 0.05, 0.3), p)) == ids


def test_top_p_one_cuts_no_tail_that_rounding_would_hide():
    assert kept(top_p(np.array([0.0] + [-60.0] * 5), 1.0)) == [0, 1, 2, 3, 4, 5]


def test_tiny_top_p_keeps_the_likeliest():
    assert kept(top_p(logs(0.2, 0.5, 0.3), 1e-300)) == [1]


def test_min_p_is_relative_to_the_likeliest():
    assert kept(min_p(logs(0.5, 0.26, 0.2, 0.04), 0.5)) == [0, 1]
    assert kept(min_p(logs(0.5, 0.26, 0.2, 0.04), 0.0)) == [0, 1, 2, 3]
    assert kept(min_p(np.array([2.0, 2.0, 1.0]), 1.0)) == [0, 1]


def test_the_penalty_makes_a_seen_symbol_less_likely_whatever_its_sign():
    logits = np.array([2.0, -2.0, 2.0, -2.0])
    assert penalised(logits, [0, 1, 1], 2.0).tolist() == [1, -4, 2, -2]
    assert logits.tolist() == [2, -2, 2, -2], "the caller's logits are left alone"


# --- all together ---


def test_rules_look_at_probabilities_after_the_temperature():
    logits = logs(0.6, 0.3, 0.1)
    hot = probabilities(logits, Decoding(temperature=100, top_p=0.6))
    cold = probabilities(logits, Decoding(temperature=0.1, top_p=0.6))
    assert np.count_nonzero(hot) == 2
    assert np.count_nonzero(cold) == 1


def test_the_penalty_comes_before_greedy():
    decoding = Decoding(temperature=0, repetition_penalty=2)
    assert probabilities(np.array([1.9, 2.0]), decoding, [1]).tolist() == [1, 0]
    assert probabilities(np.array([1.9, 2.0]), decoding, []).tolist() == [0, 1]


@given(scores, decodings, some.lists(some.integers(0, 100), max_size=5))
@settings(deadline=None, max_examples=150)
def test_law_probabilities_are_probabilities(logits, decoding, recent):
    chances = probabilities(logits, decoding, [symbol % len(logits) for symbol in recent])
    assert chances.shape == logits.shape
    assert (chances >= 0).all()
    assert math.isclose(chances.sum(), 1)


@given(arrays(np.float64, some.integers(1, 12), elements=some.integers(-40, 40).map(float)), decodings)
@settings(deadline=None, max_examples=100)
def test_law_rules_keep_the_order_of_the_symbols_they_keep(logits, decoding):
    chances = probabilities(logits, decoding)
    for a, b in zip(*np.nonzero(logits[:, None] > logits[None, :]), strict=True):
        assert chances[a] >= chances[b]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_scores_that_are_not_finite_are_an_integrity_error(bad):
    with pytest.raises(IntegrityError, match="no usable scores") as caught:
        probabilities(np.array([0.0, bad, 1.0, bad]), Decoding())
    assert "2 of 4" in str(caught.value)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("temperature", -0.1),
        ("temperature", math.nan),
        ("temperature", math.inf),
        ("top_k", 0),
        ("top_p", 0.0),
        ("top_p", 1.1),
        ("top_p", math.nan),
        ("min_p", -0.1),
        ("min_p", 1.5),
        ("repetition_penalty", 0.0),
        ("repetition_penalty", math.inf),
        ("repetition_window", -1),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_the_name_of_its_option(option, value):
    with pytest.raises(UsageError, match="--" + option.replace("_", "-")):
        Decoding(**{option: value})


# --- drawing ---


def test_draw_inverts_the_cumulative_distribution():
    chances = np.array([0.25, 0.5, 0.25])
    assert [draw(chances, u) for u in (0, 0.2499, 0.25, 0.7499, 0.75, 0.9999)] == [0, 0, 1, 1, 2, 2]


def test_drawn_frequencies_are_the_probabilities():
    chances = np.array([0.1, 0.0, 0.6, 0.3])
    stream = np.random.Generator(np.random.Philox(7))
    counts = np.bincount([draw(chances, u) for u in stream.random(20_000)], minlength=4)
    assert counts[1] == 0
    assert np.abs(counts / 20_000 - chances).max() < 0.015


LAST = math.nextafter(1, 0)


@given(
    arrays(np.float64, some.integers(1, 12), elements=some.sampled_from([0.0, 5e-324, 1e-17, 0.1, 1 / 3, 0.7, 1.0])),
    some.floats(0, LAST) | some.sampled_from([0.0, LAST]),
)
@settings(deadline=None, max_examples=300)
def test_law_an_impossible_symbol_is_never_drawn(chances, u):
    chances[-1 if chances[0] else 0] += 0.5  # something must be possible
    assert chances[draw(chances, u)] > 0


@given(some.floats(0.5, 2), some.floats(0.5, 2))
@settings(deadline=None, max_examples=300)
def test_law_the_largest_number_below_one_draws_the_last_symbol_whatever_the_sum(a, b):
    assert draw(np.array([a, b, 0.0]), LAST) == 1


def test_zero_probability_at_either_end_is_never_drawn():
    chances = np.array([0.0, 0.5, 0.0, 0.5, 0.0])
    assert [draw(chances, u) for u in (0.0, 0.5, LAST)] == [1, 3, 3]


# --- many rows at once ---

several = arrays(
    np.float32, some.tuples(some.integers(1, 9), some.integers(1, 40)), elements=some.floats(-60, 60, width=32)
)


@given(several, decodings | some.builds(Decoding, some.floats(0, 5)), some.data())
@settings(deadline=None, max_examples=200)
def test_law_rows_at_once_draw_what_each_draws_alone(logits, decoding, data):
    us = np.array([data.draw(some.floats(0, LAST)) for _ in logits])
    recent = [[row % logits.shape[1]] for row in range(len(logits))]
    alone = [draw(weights(row, decoding, ids), u) for row, ids, u in zip(logits, recent, us, strict=True)]
    assert draw_rows(logits, decoding, recent, us) == alone


@pytest.mark.parametrize("size", [1, 7, 8, 9, 65, 300])
def test_rows_at_once_round_as_each_does_alone(size):
    """Drawn on the very border between two symbols, where the last bit decides."""
    stream, decoding = np.random.default_rng(size), Decoding(temperature=0.7)
    wide = stream.normal(size=(50, size + 3)).astype(np.float32)
    logits = wide[:, :size]  # rows that lie apart, as an engine may give them
    sums = [weights(row, decoding).cumsum() for row in logits]
    us = np.array([np.nextafter(own[size // 2] / own[-1], 0) for own in sums])
    assert draw_rows(logits, decoding, [()] * 50, us) == [
        draw(weights(row, decoding), u) for row, u in zip(logits, us, strict=True)
    ]


@pytest.mark.parametrize("decoding", [Decoding(), Decoding(top_k=2)])
def test_a_row_that_is_not_finite_has_its_error_and_the_others_their_symbol(decoding):
    logits = np.array([[0.0, 50.0, 0.0], [0.0, np.nan, -np.inf], [0.0, 0.0, 50.0]], np.float32)
    first, error, last = draw_rows(logits, decoding, [()] * 3, np.full(3, 0.5))
    assert (first, last) == (1, 2)
    assert isinstance(error, IntegrityError)
    assert "2 of 3" in str(error)


def test_scores_too_far_apart_for_their_difference_are_finite_all_the_same():
    with np.errstate(over="ignore"):
        assert probabilities(np.array([-1.5e308, 1.5e308]), Decoding(temperature=1)).tolist() == [0, 1]
