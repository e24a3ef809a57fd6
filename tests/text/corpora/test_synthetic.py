"""Synthetic texts: their form, and that their optimum is exact."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charlm.errors import UsageError
from charlm.text.corpora.synthetic import FRAME, KEYS, NOISE, nats_without_memory, optimal_nats, recall_text

gaps = st.integers(0, 40)
few = settings(max_examples=25, deadline=None)


def nats_of(line: str, remembers: bool) -> list[float]:
    """Nats of each symbol of a line, under a model that knows how the text is made."""
    chances = []
    for place, symbol in enumerate(line):
        if place == 0:
            wanted = dict.fromkeys(KEYS, 1 / len(KEYS))
        elif place < len(line) - 3:
            wanted = dict.fromkeys(NOISE, 1 / len(NOISE))
        elif place == len(line) - 3:
            wanted = {"?": 1.0}
        elif place == len(line) - 2:
            wanted = {line[0]: 1.0} if remembers else dict.fromkeys(KEYS, 1 / len(KEYS))
        else:
            wanted = {"\n": 1.0}
        chances.append(wanted[symbol])
    return [-math.log(chance) for chance in chances]


@few
@given(gaps, st.integers(1, 30), st.integers(0, 2**32))
def test_a_perfect_predictor_scores_the_optimum_exactly(gap, lines, seed):
    text = recall_text(gap, lines, seed)
    for remembers, best in ((True, optimal_nats(gap)), (False, nats_without_memory(gap))):
        nats = [each for line in text.splitlines(keepends=True) for each in nats_of(line, remembers)]
        assert sum(nats) / len(text) == pytest.approx(best, rel=1e-12, abs=1e-12)


@few
@given(gaps, st.integers(1, 30), st.integers(0, 2**32))
def test_a_line_is_a_key_noise_a_question_and_the_key(gap, lines, seed):
    made = recall_text(gap, lines, seed).splitlines(keepends=True)
    assert len(made) == lines
    for line in made:
        assert len(line) == gap + FRAME
        assert line[0] == line[-2]
        assert line[0] in KEYS
        assert set(line[1:-3]) <= set(NOISE)
        assert (line[-3], line[-1]) == ("?", "\n")


def test_same_seed_same_text():
    assert recall_text(9, 50, 3) == recall_text(9, 50, 3)
    assert recall_text(9, 50, 3) != recall_text(9, 50, 4)


def test_every_symbol_is_drawn_about_as_often_as_any_other():
    text = recall_text(6, 4000, 1)
    counts = [text.count(key) / 2 for key in KEYS]
    assert max(abs(count - 500) for count in counts) < 6 * math.sqrt(500)
    noise = [text.count(symbol) for symbol in NOISE]
    assert max(abs(count - 6000) for count in noise) < 6 * math.sqrt(6000)


def test_the_alphabets_are_disjoint():
    assert len({*KEYS, *NOISE, "?", "\n"}) == len(KEYS) + len(NOISE) + 2


@pytest.mark.parametrize("sizes", [(-1, 10, 1), (5, 0, 1), (5, 10, -1), (10**6, 10**6, 1)])
def test_invalid_sizes_are_refused(sizes):
    with pytest.raises(UsageError) as caught:
        recall_text(*sizes)
    assert len(str(caught.value).splitlines()) == 3
