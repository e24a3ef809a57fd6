"""Automata as arrays: reachable, trimmed, their distances and their products, against slow definitions."""

from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as some

from charlm.sampling.constraints.automaton import FORBIDDEN, NEVER, both, distances, explored, repeated, trimmed

V = 2


@some.composite
def raw(draw):
    states = draw(some.integers(1, 6))
    cells = some.integers(FORBIDDEN, states - 1)
    table = np.array(draw(some.lists(cells, min_size=states * V, max_size=states * V))).reshape(states, V)
    return table, np.array(draw(some.lists(some.booleans(), min_size=states, max_size=states)))


def texts(longest):
    return [text for length in range(longest + 1) for text in product(range(V), repeat=length)]


def accepted(table, accepting, text):
    state = 0
    for symbol in text:
        state = table[state, symbol] if state != FORBIDDEN else state
    return state != FORBIDDEN and bool(accepting[state])


@given(raw())
@settings(deadline=None, max_examples=150)
def test_law_a_trimmed_automaton_accepts_the_same_texts(given_one):
    found = trimmed(*given_one)
    for text in texts(6):
        assert accepted(*given_one, text) == (found is not None and found.accepts(text))
    if found:
        assert (found.distance < NEVER).all()


@given(raw())
@settings(deadline=None, max_examples=100)
def test_law_a_distance_is_the_length_of_the_shortest_way_to_acceptance(given_one):
    table, accepting = given_one
    found = distances(table, accepting)
    for state in range(len(table)):
        moved = np.roll(np.arange(len(table)), -state)  # the same automaton with this state first
        renumbered = np.where(table >= 0, (table - state) % len(table), FORBIDDEN)[moved]
        ways = [len(text) for text in texts(len(table)) if accepted(renumbered, accepting[moved], text)]
        assert found[state] == min(ways, default=NEVER)


@given(raw(), raw())
@settings(deadline=None, max_examples=100)
def test_law_a_product_accepts_what_both_accept(one, other):
    left, right = trimmed(*one), trimmed(*other)
    if left and right:
        found = both(left, right)
        for text in texts(6):
            assert (left.accepts(text) and right.accepts(text)) == (found is not None and found.accepts(text))


def test_what_is_repeated_is_any_text_of_its_symbols():
    found = repeated([0, 2], 3)
    assert found.accepts([])
    assert found.accepts([2, 0, 2])
    assert not found.accepts([0, 1])


def test_an_explored_automaton_has_the_states_that_its_steps_reach():
    found = explored(0, lambda n: {0: n + 1, 1: n + 10} if n < 12 else {}, lambda n: n in (12, 21), 2)
    assert found.accepts([0] * 12)
    assert found.accepts([1, 0, 0])
    assert found.accepts([0, 1, 1])
    assert not found.accepts([1, 1])
    assert found.distance[0] == 3
