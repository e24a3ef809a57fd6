"""Drawing: the right frequencies, never an impossible symbol, and many rows that agree with single rows."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from hypothesis.extra.numpy import arrays

from charlm.sampling.rules.decoding import Decoding, unnormalised
from charlm.sampling.rules.drawing import draw, draw_rows

LAST = math.nextafter(1, 0)  # the largest uniform number

decodings = some.builds(
    Decoding,
    temperature=some.floats(0, 50),
    top_k=some.none() | some.integers(1, 20),
    top_p=some.none() | some.floats(0, 1, exclude_min=True),
    min_p=some.none() | some.floats(0, 1),
    repetition_penalty=some.floats(0.01, 100),
)


def test_draw_inverts_the_cumulative_distribution():
    chances = np.array([0.25, 0.5, 0.25])
    assert [draw(chances, uniform) for uniform in (0, 0.2499, 0.25, 0.7499, 0.75, 0.9999)] == [0, 0, 1, 1, 2, 2]


def test_drawn_frequencies_are_the_probabilities():
    chances = np.array([0.1, 0.0, 0.6, 0.3])
    stream = np.random.Generator(np.random.Philox(7))
    counts = np.bincount([draw(chances, uniform) for uniform in stream.random(20_000)], minlength=4)
    assert counts[1] == 0
    assert np.abs(counts / 20_000 - chances).max() < 0.015


@given(
    arrays(np.float64, some.integers(1, 12), elements=some.sampled_from([0.0, 5e-324, 1e-17, 0.1, 1 / 3, 0.7, 1.0])),
    some.floats(0, LAST) | some.sampled_from([0.0, LAST]),
)
@settings(deadline=None, max_examples=300)
def test_law_an_impossible_symbol_is_never_drawn(chances, uniform):
    chances[-1 if chances[0] else 0] += 0.5  # something must be possible
    assert chances[draw(chances, uniform)] > 0


@given(some.floats(0.5, 2), some.floats(0.5, 2))
@settings(deadline=None, max_examples=300)
def test_law_the_largest_uniform_number_draws_the_last_possible_symbol_whatever_the_sum(a, b):
    assert draw(np.array([a, b, 0.0]), LAST) == 1


def test_zero_probability_at_either_end_is_never_drawn():
    chances = np.array([0.0, 0.5, 0.0, 0.5, 0.0])
    assert [draw(chances, uniform) for uniform in (0.0, 0.5, LAST)] == [1, 3, 3]


# --- many rows ---

several = arrays(
    np.float32, some.tuples(some.integers(1, 9), some.integers(1, 40)), elements=some.floats(-60, 60, width=32)
)


@given(several, decodings | some.builds(Decoding, some.floats(0, 5)), some.data())
@settings(deadline=None, max_examples=200)
def test_law_every_row_draws_what_it_draws_alone(logits, decoding, data):
    uniforms = np.array([data.draw(some.floats(0, LAST)) for _ in logits])
    recent = [[row % logits.shape[1]] for row in range(len(logits))]
    rows = zip(logits, recent, uniforms, strict=True)
    alone = [draw(unnormalised(row, decoding, ids), uniform) for row, ids, uniform in rows]
    assert draw_rows(logits, decoding, recent, uniforms) == alone


@pytest.mark.parametrize("size", [1, 7, 8, 9, 65, 300])
def test_rows_round_as_each_does_alone(size):
    """The uniform numbers lie on the border between two symbols, where the last bit decides."""
    stream, decoding = np.random.default_rng(size), Decoding(temperature=0.7)
    wide = stream.normal(size=(50, size + 3)).astype(np.float32)
    logits = wide[:, :size]  # rows with gaps between them in memory, as an engine may give them
    sums = [unnormalised(row, decoding).cumsum() for row in logits]
    uniforms = np.array([np.nextafter(own[size // 2] / own[-1], 0) for own in sums])
    assert draw_rows(logits, decoding, [()] * 50, uniforms) == [
        draw(unnormalised(row, decoding), uniform) for row, uniform in zip(logits, uniforms, strict=True)
    ]


@pytest.mark.parametrize("decoding", [Decoding(), Decoding(top_k=2)])
def test_a_row_that_is_not_finite_draws_nothing_and_the_others_their_symbol(decoding):
    logits = np.array([[0.0, 50.0, 0.0], [0.0, np.nan, -np.inf], [0.0, 0.0, 50.0]], np.float32)
    assert draw_rows(logits, decoding, [()] * 3, np.full(3, 0.5)) == [1, None, 2]
    assert draw_rows(logits[1:2], decoding, [()], np.full(1, 0.5)) == [None]
