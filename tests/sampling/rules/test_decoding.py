"""Each rule against its paper, and the laws of all rules together."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from hypothesis.extra.numpy import arrays

from charlm.errors import IntegrityError, UsageError
from charlm.sampling.rules.decoding import Decoding, probabilities
from charlm.sampling.rules.logits import min_p, penalised, softmax, tempered, top_k, top_p

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


def test_the_smallest_positive_temperature_does_not_overflow():
    assert softmax(tempered(np.array([0.0, 1.0, -1.0]), 5e-324)).tolist() == [0, 1, 0]


def test_top_k_keeps_k_and_of_equal_logits_the_lower_ids():
    assert kept(top_k(np.array([1.0, 5.0, 1.0, 3.0, 1.0]), 3)) == [0, 1, 3]
    assert kept(top_k(np.tile([1.0, 0.0], 500), 4)) == [0, 2, 4, 6]


def test_top_k_above_the_vocabulary_keeps_everything():
    assert kept(top_k(np.arange(3.0), 7)) == [0, 1, 2]


@pytest.mark.parametrize(
    ("p", "ids"), [(0.5, [1]), (0.51, [1, 3]), (0.79, [1, 3]), (0.85, [0, 1, 3]), (1, [0, 1, 2, 3])]
)
def test_top_p_keeps_the_fewest_that_reach_p(p, ids):
    assert kept(top_p(logs(0.15, 0.5, 0.05, 0.3), p)) == ids


def test_top_p_one_keeps_a_tail_that_rounding_hides():
    assert kept(top_p(np.array([0.0] + [-60.0] * 5), 1.0)) == [0, 1, 2, 3, 4, 5]


def test_tiny_top_p_keeps_the_likeliest():
    assert kept(top_p(logs(0.2, 0.5, 0.3), 1e-300)) == [1]


def test_min_p_is_relative_to_the_likeliest():
    assert kept(min_p(logs(0.5, 0.26, 0.2, 0.04), 0.5)) == [0, 1]
    assert kept(min_p(logs(0.5, 0.26, 0.2, 0.04), 0.0)) == [0, 1, 2, 3]
    assert kept(min_p(np.array([2.0, 2.0, 1.0]), 1.0)) == [0, 1]


def test_the_penalty_makes_recent_symbols_less_likely_whatever_the_sign():
    logits = np.array([2.0, -2.0, 2.0, -2.0])
    assert penalised(logits, [0, 1, 1], 2.0).tolist() == [1, -4, 2, -2]
    assert logits.tolist() == [2, -2, 2, -2], "the given logits are unchanged"


# --- all together ---


def test_truncations_see_the_probabilities_after_the_temperature():
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
def test_law_rules_keep_the_order_of_the_symbols_that_remain(logits, decoding):
    chances = probabilities(logits, decoding)
    for a, b in zip(*np.nonzero(logits[:, None] > logits[None, :]), strict=True):
        assert chances[a] >= chances[b]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_logits_that_are_not_finite_raise_an_integrity_error(bad):
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
def test_a_value_out_of_range_is_refused_with_the_name_of_its_option(option, value):
    with pytest.raises(UsageError, match="--" + option.replace("_", "-")):
        Decoding(**{option: value})


def test_finite_logits_whose_difference_overflows_are_accepted():
    with np.errstate(over="ignore"):
        assert probabilities(np.array([-1.5e308, 1.5e308]), Decoding(temperature=1)).tolist() == [0, 1]
