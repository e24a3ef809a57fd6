"""Units of a score."""

from __future__ import annotations

import math

from charlm.evaluation.score import Score


def test_every_unit_follows_from_the_nats():
    score = Score(nats=10 * math.log(2), characters=5)
    assert score.nats_per_character == 2 * math.log(2)
    assert score.bits_per_character == 2
    assert math.isclose(score.perplexity, 4)
    assert score.bits_per_byte(20) == 0.5


def test_a_perplexity_beyond_a_float_is_infinite():
    assert Score(nats=1e6, characters=1).perplexity == math.inf
