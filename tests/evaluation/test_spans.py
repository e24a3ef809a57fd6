"""The spans are the segments with the largest sums, found one after another."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from charlm.evaluation.spans import maximal_spans, worst_spans

# Whole numbers in eighths have exact sums.
VALUES = st.lists(st.integers(-16, 16).map(lambda number: number / 8), max_size=40).map(lambda x: np.array(x, float))


def slowly(values, offset=0):
    """The segment with the largest sum, the shortest of equal ones, and then those at its left and right."""
    best = max(
        ((values[a:b].sum(), a - b, -a, (a, b)) for a in range(len(values)) for b in range(a + 1, len(values) + 1)),
        default=(0, 0, 0, (0, 0)),
    )
    if best[0] <= 0:
        return []
    a, b = best[-1]
    here = [(offset + a, offset + b, best[0])]
    return slowly(values[:a], offset) + here + slowly(values[b:], offset + b)


@given(VALUES)
def test_all_maximal_segments_are_found(values):
    """Those of equal sums may be cut differently, so sums are compared, and that each is what it says."""
    found = maximal_spans(values)
    assert all(values[span.start : span.stop].sum() == span.excess > 0 for span in found)
    assert all(one.stop <= other.start for one, other in pairwise(found))
    expected = slowly(values)
    assert sorted(span.excess for span in found)[-1:] == sorted(sum_ for *_, sum_ in expected)[-1:]
    assert sum(span.excess for span in found) == sum(sum_ for *_, sum_ in expected)


def test_the_worst_come_first_and_the_margin_makes_them_short():
    bits = np.full(2000, 2.0)
    bits[0] = np.nan
    bits[500:1000] = 2.6  # a harder chapter
    bits[700:705] = 9.0
    bits[1500:1503] = 8.0
    assert [(span.start, span.stop) for span in worst_spans(bits, 5)] == [(700, 705), (1500, 1503)]
    assert (worst_spans(bits, 1, margin=0)[0].start, worst_spans(bits, 1, margin=0)[0].stop) == (500, 1000)
    assert len(worst_spans(bits, 1)) == 1


def test_texts_without_a_surprise_have_no_span():
    assert worst_spans(np.full(10, 3.0), 5) == worst_spans(np.full(3, np.nan), 5) == worst_spans(np.zeros(0), 5) == []
