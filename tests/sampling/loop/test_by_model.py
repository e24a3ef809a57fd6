"""A model that draws several symbols at a time, under a limit on copies: the same text as symbol by symbol."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from tables import Bigrams, DrawsByItself, random_table

from charlm.randomness import sample_stream
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


def written(model, limit, rows, length=60):
    """The ids and the ends of samples; each is left when it has a symbol 7 after its tenth, as a stop text would."""
    drawn, ends, left = [[] for _ in range(rows)], {}, set()
    streams = [sample_stream(2, number) for number in range(rows)]
    rounds = generate(model, read(model, [1]), Decoding(0.6), length, streams, left, Masks(copies=limit))
    for round_ in rounds:
        for sample, ids in round_.ids.items():
            drawn[sample] += ids
            if 7 in drawn[sample][10:]:
                drawn[sample] = drawn[sample][: 10 + drawn[sample][10:].index(7)]
                left.add(sample)
        ends |= round_.ends
    return drawn, {sample: end for sample, end in ends.items() if sample not in left}


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
    by_rules, by_model = (written(copying(training, model), limit, rows) for model in (Bigrams, DrawsByItself))
    assert by_model == by_rules


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
    [text], _ = written(model, limit, 1, 40)
    assert model.drawn >= len(text) > 10
