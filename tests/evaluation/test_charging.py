"""The law of charging: what unknown characters cost is what a code would pay, and nothing if there are none."""

from __future__ import annotations

import math

import pytest

from charlm.evaluation.charging import CODE_POINTS, charged, escape_nats, name_nats
from charlm.evaluation.score import Score
from charlm.text.vocabulary import Vocabulary

LETTERS = Vocabulary.of("abc")
SCORE = Score(nats=123.456, characters=40)


def sequential(escapes: list[bool]) -> float:
    """Krichevsky and Trofimov's estimate, symbol by symbol."""
    nats = 0.0
    for m, escape in enumerate(escapes):
        k = sum(escapes[:m])
        nats -= math.log(((k if escape else m - k) + 0.5) / (m + 1))
    return nats


@pytest.mark.parametrize("escapes", [[True], [False, True], [True] * 5, [False] * 30 + [True, False, True]])
def test_escapes_cost_what_the_sequential_estimate_gives_in_any_order(escapes):
    for order in (escapes, sorted(escapes), sorted(escapes, reverse=True)):
        assert escape_nats(sum(escapes), len(escapes)) == pytest.approx(sequential(order), abs=1e-9)


def test_names_are_a_probability_over_the_characters_that_are_not_known():
    assert math.exp(-name_nats(LETTERS, {})) * (CODE_POINTS - 3) == pytest.approx(1)
    assert name_nats(Vocabulary.of("abc", "byte"), {}) == pytest.approx(math.log(253))


@pytest.mark.parametrize("unknown", [1, 2, 40, 10**6])
def test_the_parts_add_up_and_are_never_negative(unknown):
    whole = charged(SCORE, {"z": unknown}, LETTERS)
    parts = SCORE.nats + escape_nats(unknown, 40 + unknown) + unknown * name_nats(LETTERS, {})
    assert whole.nats == pytest.approx(parts, rel=1e-12, abs=1e-9)
    assert whole.characters == 40 + unknown
    assert whole.nats > SCORE.nats + unknown * math.log(2) * 20
    assert escape_nats(unknown, 40 + unknown) > 0


def test_a_model_that_knows_every_character_keeps_its_score():
    assert charged(SCORE, {}, LETTERS) == SCORE


def test_a_model_that_knows_more_characters_pays_less():
    assert charged(SCORE, {"z": 5}, Vocabulary.of("abcd")).nats < charged(SCORE, {"z": 5}, LETTERS).nats
