"""The compiled LSTM on numpy arrays gives the results of the definition."""

from __future__ import annotations

import numpy as np
import pytest

from charlm.cells.symbols import Symbols
from charlm.cells.table import build_cell
from charlm.cells.unroll import unroll
from charlm.engines import lstm_kernel_numpy
from charlm.kernels import library

if library() is None:
    pytest.skip("the kernels are not compiled here", allow_module_level=True)


@pytest.mark.parametrize(
    ("T", "B", "symbols"), [(1, 1, False), (5, 9, False), (9, 3, True), (1, 2, True), (4, 33, True)]
)
def test_it_equals_the_definition(T: int, B: int, symbols: bool) -> None:
    cell = build_cell("lstm", {})
    rng = np.random.default_rng(1)
    weights = cell.initial_weights(rng, 24, 64)
    x = rng.standard_normal((T, B, 24)).astype(np.float32)
    if symbols:
        x = Symbols(rng.standard_normal((7, 24)).astype(np.float32), rng.integers(0, 7, (T, B)))
    state = cell.STATE(*(rng.standard_normal((B, 64)).astype(np.float32) for _ in range(2)))
    assert lstm_kernel_numpy.can_run(cell, state)
    outputs, memories, after = lstm_kernel_numpy.run(cell, weights, x, state)
    expected, expected_memories, expected_after = unroll(cell, weights, x, state)
    for one, other in (
        (outputs, expected),
        (memories, np.stack(expected_memories)),
        *zip(after, expected_after, strict=True),
    ):
        np.testing.assert_allclose(one, other, atol=2e-6)


def test_the_cells_sizes_and_dtypes_that_it_does_not_take() -> None:
    cell = build_cell("lstm", {})
    assert not lstm_kernel_numpy.can_run(cell, cell.STATE(np.zeros((1, 65), np.float32), np.zeros((1, 65), np.float32)))
    assert not lstm_kernel_numpy.can_run(cell, cell.STATE(np.zeros((1, 64)), np.zeros((1, 64))))
    assert not lstm_kernel_numpy.can_run(build_cell("gru", {}), cell.STATE(np.zeros((1, 64), np.float32), None))
