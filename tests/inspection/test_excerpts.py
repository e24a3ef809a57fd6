"""Excerpts of a text."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charlm.errors import TextError
from charlm.inspection.excerpts import cut_excerpts


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 400), st.integers(1, 50), st.integers(1, 40), st.integers(0, 60))
def test_excerpts_are_contiguous_and_spread_over_the_text(size, length, rows, warm_up):
    if size < length:
        return
    excerpts = cut_excerpts(np.arange(size), length, rows, warm_up)
    whole = np.concatenate([excerpts.before, excerpts.inside])
    assert (np.diff(whole, axis=0) == 1).all()
    assert excerpts.inside.shape[0] == length
    assert excerpts.before.shape[0] == min(warm_up, (size - length) // 2)
    assert 1 <= excerpts.inside.shape[1] <= rows
    assert len(set(excerpts.inside[0].tolist())) == excerpts.inside.shape[1]
    assert excerpts.inside[-1, -1] == size - 1 or excerpts.inside.shape[1] == 1


def test_a_text_that_is_too_short_is_refused():
    with pytest.raises(TextError) as caught:
        cut_excerpts(np.arange(10), 11, 4)
    assert "11" in caught.value.what
