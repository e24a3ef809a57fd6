"""A model that draws several symbols at a time, under a mask: the same text as symbol by symbol."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as some
from tables import Bigrams, DrawsByItself, V, random_table

from charlm.randomness import sample_stream
from charlm.sampling.constraints.automaton import FORBIDDEN, trimmed
from charlm.sampling.constraints.constraint import Constraint, of_records
from charlm.sampling.copies.copy_limit import CopyLimit
from charlm.sampling.copies.verbatim import Verbatim, suffix_array
from charlm.sampling.loop.generation import generate, read
from charlm.sampling.loop.masks import Masks
from charlm.sampling.rules.decoding import Decoding

pytest.importorskip("pydivsufsort", reason="the extra constrain")


def copying(training, model):
    """A model that often goes on as the training text does after its last symbol."""
    table = random_table() / 4
    for one, other in pairwise(training):
        table[one, other] += 3
    return model(table)


def written(model, masks, rows, length=60, decoding=None):
    """The ids and the ends of samples, and what a constraint cost them.

    Each is left when it has a symbol 7 after its tenth, as a stop text would.
    """
    drawn, ends, left = [[] for _ in range(rows)], {}, set()
    streams = [sample_stream(2, number) for number in range(rows)]
    rounds = generate(model, read(model, [1]), decoding or Decoding(0.6), length, streams, left, masks)
    for round_ in rounds:
        for sample, ids in round_.ids.items():
            drawn[sample] += ids
            if 7 in drawn[sample][10:]:
                drawn[sample] = drawn[sample][: 10 + drawn[sample][10:].index(7)]
                left.add(sample)
        ends |= round_.ends
    bits = [round_.bits(sample) for sample in set(range(rows)) - left] if round_.bits else []
    return drawn, {sample: end for sample, end in ends.items() if sample not in left}, bits


@given(
    some.lists(some.integers(0, 8), min_size=2, max_size=80),
    some.integers(1, 30),
    some.integers(1, 5),
    some.sampled_from([None, 8]),
)
@settings(deadline=None, max_examples=80)
def test_law_it_writes_what_is_written_symbol_by_symbol(training, most, rows, end):
    ids = np.array(training, np.uint8)
    limit = CopyLimit(Verbatim(ids, suffix_array(ids)), most, (1,), end)
    one, other = (copying(training, model) for model in (Bigrams, DrawsByItself))
    assert written(other, Masks(copies=limit), rows) == written(one, Masks(copies=limit), rows)


def test_the_model_draws_by_itself_where_no_run_is_near_the_limit():
    ids = np.array([0, 1, 2, 3, 4, 5, 6, 7, 8] * 3, np.uint8)
    limit = CopyLimit(Verbatim(ids, suffix_array(ids)), 30)
    model = DrawsByItself(random_table())
    model.drawn = 0
    usual = model.generate_next

    def counted(*given):
        taken, *after = usual(*given)
        model.drawn += len(taken)
        return taken, *after

    model.generate_next = counted
    [text], _, _ = written(model, Masks(copies=limit), 1, 40)
    assert model.drawn >= len(text) > 10


@pytest.mark.parametrize("most", [4, 12])
def test_long_texts_under_a_limit_are_what_is_written_symbol_by_symbol(most):
    """As long as the longest that is drawn together, several times over."""
    training = np.random.default_rng(5).integers(0, 7, 200).astype(np.uint8)
    masks = Masks(copies=CopyLimit(Verbatim(training, suffix_array(training)), most))
    one, other = (copying(training.tolist(), model) for model in (Bigrams, DrawsByItself))
    other.together = 256
    assert written(other, masks, 2, 1000) == written(one, masks, 2, 1000)


def test_a_model_is_asked_for_as_many_again_as_it_has_drawn():
    """So that few are drawn in vain for a text that ends early."""
    model = DrawsByItself(random_table())
    model.together = 256
    rounds = generate(model, read(model, [1]), Decoding(0.6), 1000, [sample_stream(2, 0)])
    assert [len(round_.ids[0]) for round_ in rounds] == model.asked == [64, 64, 128, 256, 256, 232]


# --- a constraint ---


def wandering(seed, leaves, end):
    """A constraint whose automaton has random steps; None if it accepts nothing.

    Symbol 0 is always forbidden, so that a text that is accepted may end before it; else, any text is accepted.
    """
    random = np.random.default_rng(seed)
    table = random.integers(-4, 5, (5, V)).clip(FORBIDDEN)
    table[:, 0] = FORBIDDEN
    found = trimmed(table, random.random(5) < (0.4 if leaves or end else 1))
    if found is None or end is None:
        return found and Constraint(found, np.arange(V) < 3 if leaves else None)
    return of_records(found, end)


@given(
    some.integers(0, 2**32),
    some.booleans(),
    some.sampled_from([None, 8]),
    some.integers(0, 40),
    some.integers(1, 5),
    some.sampled_from([Decoding(0.6), Decoding(0.0), Decoding(2.0, top_k=3), Decoding(typical=0.5)]),
)
@settings(deadline=None, max_examples=150)
def test_law_a_model_writes_within_a_constraint_what_is_written_symbol_by_symbol(
    seed, leaves, end, longer, rows, decoding
):
    constraint = wandering(seed, leaves, end)
    assume(constraint is not None)
    length = max(1, constraint.fewest + (end is not None)) + longer
    assume(constraint.allowed(constraint.first(1), length, begins=True).any())
    one, other = Bigrams(random_table(seed)), DrawsByItself(random_table(seed))
    by_rules, by_model = (written(model, Masks(constraint), rows, length, decoding) for model in (one, other))
    assert by_model[:2] == by_rules[:2]
    assert np.allclose(by_model[2], by_rules[2])
    assert length == 1 or other.asked or len(by_model[1]) == rows
