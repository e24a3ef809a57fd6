from __future__ import annotations

import math

from charlm.evaluation.score import Score


def test_units():
    score = Score(nats=10 * math.log(2), characters=5)
    assert score.nats_per_character == 2 * math.log(2)
    assert score.bits_per_character == 2
    assert math.isclose(score.perplexity, 4)
    assert score.bits_per_byte(20) == 0.5


def test_a_hopeless_model_has_infinite_perplexity_and_no_traceback():
    assert Score(nats=1e6, characters=1).perplexity == math.inf
