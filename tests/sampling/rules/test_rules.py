"""The rules that look at surprise, at the text so far, or at one symbol: their definitions and their laws."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from hypothesis.extra.numpy import arrays

from charlm.errors import UsageError
from charlm.randomness import sample_stream
from charlm.sampling.copies.repeats import Followers
from charlm.sampling.rules import mirostat
from charlm.sampling.rules.decoding import SAMPLERS, Decoding, probabilities, read_samplers
from charlm.sampling.rules.drawing import draw_bounded, draw_rows, first_bounds
from charlm.sampling.rules.logits import biased, penalised, softmax, tempered, typical

scores = arrays(np.float64, some.integers(1, 12), elements=some.floats(-30, 30, width=32))


def kept(logits):
    return np.flatnonzero(np.isfinite(logits)).tolist()


def logs(*chances):
    return np.log(np.array(chances))


# --- typical ---


def slow_typical(logits, p):
    """As the paper words it: sort by how far the surprise is from the entropy, and keep until the mass exceeds p."""
    chances = softmax(logits)
    entropy = -sum(chance * math.log(chance) for chance in chances)
    order = sorted(range(len(chances)), key=lambda one: abs(-math.log(chances[one]) - entropy))
    mass, ids = 0.0, []
    for one in order:
        ids.append(one)
        mass += chances[one]
        if mass > p:
            break
    return sorted(ids)


def test_typical_may_drop_the_likeliest():
    assert kept(typical(logs(0.5, 0.1, 0.1, 0.1, 0.1, 0.1), 0.2)) == [0]
    assert kept(typical(logs(0.34, 0.06, 0.2, 0.2, 0.2), 0.3)) == [2, 3]


@given(scores, some.sampled_from([0.01, 0.3, 0.6, 0.95]))
@settings(deadline=None, max_examples=100)
def test_law_typical_keeps_what_its_definition_keeps(logits, p):
    found = kept(typical(logits, p))
    gap = np.abs(np.diff(np.sort(np.abs(-np.log(softmax(logits)) + softmax(logits) @ np.log(softmax(logits))))))
    if gap.size == 0 or gap.min() > 1e-9:  # where two are equally near, rounding decides
        assert found == slow_typical(logits, p)
    assert softmax(logits)[found].sum() >= min(p, 1 - 1e-9)


def test_typical_skips_what_another_rule_excluded():
    assert kept(typical(np.array([0.0, -np.inf, 1.0, 0.5]), 0.999999)) == [0, 2, 3]


# --- penalties and biases ---


def test_frequency_counts_and_presence_does_not():
    logits = np.array([1.0, 2.0, -3.0])
    assert penalised(logits, [0, 0, 2, 0], 1.0, 0.5, 0.0).tolist() == [-0.5, 2, -3.5]
    assert penalised(logits, [0, 0, 2, 0], 1.0, 0.0, 0.5).tolist() == [0.5, 2, -3.5]
    assert penalised(logits, [0, 2], 2.0, 0.25, 0.5).tolist() == [-0.25, 2, -6.75]


@given(scores, some.lists(some.integers(0, 100), max_size=8))
@settings(deadline=None, max_examples=50)
def test_law_neutral_values_change_nothing(logits, recent):
    recent = [symbol % len(logits) for symbol in recent]
    assert np.array_equal(penalised(logits, recent, 1.0, 0.0, 0.0), logits)
    assert np.array_equal(biased(logits, {0: 0.0}), logits)
    assert np.array_equal(typical(logits, 1.0), logits)
    plain = probabilities(logits, Decoding(1.0), recent)
    neutral = Decoding(
        1.0, len(logits), 1.0, 0.0, typical=1.0, frequency_penalty=0.0, logit_bias={0: 0.0}, no_repeat=None
    )
    assert np.array_equal(probabilities(logits, neutral, recent), plain)
    generous = Decoding(1.0, mirostat=2, mirostat_ent=100.0)
    assert np.array_equal(probabilities(logits, generous, recent), plain)


@given(some.integers(2, 12), some.floats(-5, 5), some.sampled_from([1, 2]), some.data())
@settings(deadline=None, max_examples=50)
def test_law_equal_logits_stay_equal(size, level, version, data):
    """Under every rule that does not have to cut among equals."""
    recent = list(range(size)) * data.draw(some.integers(0, 2))
    decoding = Decoding(
        0.7, None, 1.0, 0.9, 1.5, 64, 1.0 if version == 1 else None, frequency_penalty=0.3, presence_penalty=0.2
    )
    assert np.allclose(probabilities(np.full(size, level), decoding, recent), 1 / size)
    even = Decoding(1.0, mirostat=version, mirostat_ent=math.log2(size))
    assert np.allclose(probabilities(np.full(size, level), even), 1 / size)


def test_a_bias_moves_one_symbol_by_that_many_nats():
    plain, moved = (probabilities(logs(0.5, 0.3, 0.2), Decoding(1.0, logit_bias=bias)) for bias in ({}, {1: 2.0}))
    assert math.isclose(moved[1] / moved[0], math.exp(2) * plain[1] / plain[0])
    assert probabilities(logs(0.5, 0.3, 0.2), Decoding(1.0, logit_bias={0: -1000.0}))[0] == 0


decodings = some.builds(
    Decoding,
    temperature=some.floats(0.01, 50),
    typical=some.none() | some.floats(0.01, 1),
    top_k=some.none() | some.integers(1, 20),
    frequency_penalty=some.floats(-2, 2),
    presence_penalty=some.floats(-2, 2),
    logit_bias=some.dictionaries(some.just(0), some.floats(-20, 20)),
    samplers=some.permutations(SAMPLERS),
) | some.builds(Decoding, some.floats(0, 5), mirostat=some.integers(1, 2), mirostat_ent=some.floats(0.01, 8))


@given(scores, decodings, some.lists(some.integers(0, 100), max_size=5))
@settings(deadline=None, max_examples=200)
def test_law_probabilities_are_probabilities_whatever_the_rules_and_their_order(logits, decoding, recent):
    chances = probabilities(logits, decoding, [symbol % len(logits) for symbol in recent])
    assert (chances >= 0).all()
    assert math.isclose(chances.sum(), 1)


# --- the order ---


def test_the_order_of_the_rules_is_the_one_given():
    logits = logs(0.6, 0.3, 0.1)
    usual = Decoding(100.0, top_p=0.6)
    assert np.count_nonzero(probabilities(logits, usual)) == 2
    last = Decoding(100.0, top_p=0.6, samplers=read_samplers("top_p;temperature"))
    assert np.count_nonzero(probabilities(logits, last)) == 1


def test_names_of_rules_are_read_as_llama_cpp_and_people_write_them():
    assert Decoding(samplers=read_samplers("top-k, typical;temp")).samplers == ("top_k", "typ_p", "temperature")
    assert Decoding(samplers=read_samplers(";".join(SAMPLERS))) == Decoding()
    assert Decoding(samplers=("top_k",), top_k=3).temperature == 1


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({"samplers": ("top_q",)}, "There is no rule 'top_q'"),
        ({"samplers": ("top_k", "top-k")}, "names a rule twice"),
        ({"samplers": ("temperature",), "top_k": 3}, "leaves out top_k"),
        ({"samplers": ("top_k",), "temperature": 0.5}, "leaves out temperature"),
        ({"samplers": ("temperature",), "frequency_penalty": 0.5}, "leaves out penalties"),
        ({"mirostat": 2, "typical": 0.5}, "--mirostat and --typical exclude each other"),
        ({"mirostat": 3}, "--mirostat cannot be 3"),
        ({"mirostat_lr": 0.0}, "--mirostat-lr"),
        ({"mirostat_ent": math.nan}, "--mirostat-ent"),
        ({"typical": 0.0}, "--typical"),
        ({"frequency_penalty": math.inf}, "--frequency-penalty"),
        ({"presence_penalty": -101.0}, "--presence-penalty"),
        ({"no_repeat": 0}, "--no-repeat"),
        ({"logit_bias": {0: math.inf}}, "--logit-bias"),
    ],
)
def test_what_cannot_be_is_refused_with_the_name_of_its_option(values, what):
    with pytest.raises(UsageError, match=what):
        Decoding(**values)


# --- mirostat ---


@pytest.mark.parametrize("version", [1, 2])
def test_mirostat_keeps_its_surprise_near_what_is_asked(version):
    """Over logits of text-like unevenness, the mean surprise after the cut comes to the target."""
    stream, decoding = np.random.default_rng(1), Decoding(1.0, mirostat=version, mirostat_ent=1.5)
    uniforms, bounds, surprise = sample_stream(3, 0), first_bounds(decoding, 1), []
    for _ in range(3000):
        logits = -1.2 * np.log(np.arange(1, 61)) + stream.normal(0, 0.5, 60)
        before = bounds[0]
        _, bounds = draw_bounded(logits[None], decoding, [()], uniforms.random(1), None, bounds)
        surprise.append((before - bounds[0]) / decoding.mirostat_lr + decoding.mirostat_ent)
    assert abs(np.mean(surprise[500:]) - 1.5) < 0.05


def test_mirostat_2_cuts_what_is_more_surprising_than_its_bound():
    assert kept(mirostat.cut(logs(0.5, 0.25, 0.125, 0.125), 2, 2.5)) == [0, 1]
    assert kept(mirostat.cut(logs(0.3, 0.7), 2, 0.1)) == [1], "one is always kept"


def test_mirostat_1_keeps_more_with_a_larger_bound():
    logits = -1.5 * np.log(np.arange(1, 60))
    sizes = [len(kept(mirostat.cut(logits, 1, mu))) for mu in (0.1, 1, 2, 4, 8, 16)]
    assert sizes[0] == 1
    assert sizes == sorted(sizes)
    assert sizes[-1] == 59


def test_mirostat_takes_a_chance_as_small_as_numbers_can_be():
    """Half of the smallest number above 0 is 0, and 1 divided by it is infinite."""
    smallest = math.nextafter(0, 1)
    assert mirostat.next_mu(2000.0, np.array([smallest, 1.0, 1.0]), 0, 1.0, 5.0) == 2000 - (1075 - 5)
    for least in (-720.0, -735.0, -744.0):
        assert kept(mirostat.cut(np.array([0.0, least]), 1, 3000.0)) == [0, 1]
        assert kept(mirostat.cut(np.array([0.0, least]), 1, 2.0)) == [0]


@given(some.lists(some.floats(-9, 9), min_size=2, max_size=9), some.sampled_from([1, 2]))
@settings(deadline=None, max_examples=50)
def test_law_a_row_with_mirostat_draws_what_it_draws_alone(levels, version):
    decoding = Decoding(mirostat=version)
    logits = np.add.outer(np.arange(4.0), np.array(levels)) * np.array([[1], [-1], [0.5], [2]])
    uniforms, bounds = np.array([0.1, 0.9, 0.5, 0.7]), [1.0, 2.0, 3.0, 0.5]
    ids, after = draw_bounded(logits, decoding, [()] * 4, uniforms, None, bounds)
    for row in range(4):
        one = slice(row, row + 1)
        assert draw_bounded(logits[one], decoding, [()], uniforms[one], None, bounds[one]) == ([ids[row]], [after[row]])


# --- what is forbidden altogether ---


@given(scores, decodings, some.data())
@settings(deadline=None, max_examples=100)
def test_law_no_rule_draws_what_is_forbidden(logits, decoding, data):
    allowed = np.array(data.draw(some.lists(some.booleans(), min_size=len(logits), max_size=len(logits))))
    allowed[data.draw(some.integers(0, len(logits) - 1))] = True
    several = np.stack([logits, logits, logits])
    uniforms = np.array([0.0, 0.4, math.nextafter(1, 0)])
    ids = draw_rows(several, decoding, [(0,)] * 3, uniforms, np.stack([allowed] * 3))
    assert allowed[ids].all()
    assert ids == [draw_rows(logits[None], decoding, [(0,)], uniforms[[row]], allowed[None])[0] for row in range(3)]


def test_the_temperature_shifts_by_the_largest_that_is_allowed():
    assert tempered(np.array([-np.inf, 2.0, 1.0]), 1.0).tolist() == [-np.inf, 0, -1]


@given(some.lists(some.integers(0, 3), max_size=40), some.integers(1, 4))
@settings(deadline=None, max_examples=100)
def test_law_followers_name_what_would_repeat(text, n):
    grams = {tuple(text[at : at + n]) for at in range(len(text) - n + 1)}
    ending = tuple(text[len(text) - n + 1 :])
    expected = {symbol for symbol in range(4) if len(text) >= n - 1 and (*ending, symbol) in grams}
    assert set(Followers(n, text).repeating()) == expected
