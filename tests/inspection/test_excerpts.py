"""Stretches of a text."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charlm.errors import TextError
from charlm.inspection.excerpts import cut_excerpts


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 400), st.integers(1, 50), st.integers(1, 40), st.integers(0, 60))
def test_windows_are_stretches_of_the_text(size, length, rows, warm_up):
    if size < length:
        return
    windows = cut_excerpts(np.arange(size), length, rows, warm_up)
    whole = np.concatenate([windows.before, windows.inside])
    assert (np.diff(whole, axis=0) == 1).all()
    assert windows.inside.shape[0] == length
    assert windows.before.shape[0] == min(warm_up, (size - length) // 2)
    assert 1 <= windows.inside.shape[1] <= rows
    assert len(set(windows.inside[0].tolist())) == windows.inside.shape[1]
    assert windows.inside[-1, -1] == size - 1 or windows.inside.shape[1] == 1


def test_a_text_that_is_too_short_is_said():
    with pytest.raises(TextError) as caught:
        cut_excerpts(np.arange(10), 11, 4)
    assert "11" in caught.value.what
