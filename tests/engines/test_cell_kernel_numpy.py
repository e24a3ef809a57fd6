"""The kernels derived from cells, on numpy arrays, give the results of the definitions."""

from __future__ import annotations

import numpy as np
import pytest

from charlm.cells.symbols import Symbols
from charlm.cells.table import build_cell
from charlm.cells.unroll import unroll
from charlm.engines import cell_kernel_numpy
from charlm.graphs.derived import table_forms
from charlm.kernels import library, threads

if library() is None:
    pytest.skip("the kernels are not compiled here", allow_module_level=True)


def compare(cell, below, T, B, H, symbols):
    rng = np.random.default_rng(1)
    weights = cell.initial_weights(rng, 24, H, below)
    fresh = cell.STATE(*(np.zeros((B, H), np.float32) for _ in cell.STATE._fields))
    lowest = cell.initial_weights(rng, 24, H)
    _, _, state = unroll(cell, lowest, rng.standard_normal((3, B, 24)).astype(np.float32), fresh)
    x = rng.standard_normal((T, B, 24)).astype(np.float32)
    if symbols:
        x = Symbols(rng.standard_normal((7, 24)).astype(np.float32), rng.integers(0, 7, (T, B)))
    memories = rng.standard_normal((T, B, H)).astype(np.float32) if below else None
    assert cell_kernel_numpy.can_run(cell, below, state)
    outputs, made, after = cell_kernel_numpy.run(cell, weights, x, state, memories)
    expected, expected_made, expected_after = unroll(cell, weights, x, state, memories)
    pairs = [(outputs, expected), *zip(after, expected_after, strict=True)]
    assert (made is None) == (expected_made is None)
    if made is not None:
        pairs.append((made, np.stack(expected_made)))
    for one, other in pairs:
        np.testing.assert_allclose(one, other, atol=5e-6)


@pytest.mark.parametrize(("cell", "below"), list(table_forms()), ids=lambda each: str(each))
def test_it_equals_the_definition_of_every_form(cell, below):
    compare(cell, below, 5, 9, 64, symbols=False)
    compare(cell, below, 4, 33, 20, symbols=True)


@pytest.mark.parametrize(("T", "B", "symbols"), [(1, 1, False), (9, 3, True), (1, 2, True), (4, 40, False)])
@pytest.mark.parametrize("name", ["lstm", "mut1"])
def test_it_equals_the_definition_at_any_size(name, T, B, symbols):
    compare(build_cell(name, {}), False, T, B, 64, symbols)


@pytest.mark.parametrize("name", ["lstm", "mut1"])
def test_a_team_that_divides_units_gives_the_bits_of_one_thread(name, monkeypatch):
    rng, cell = np.random.default_rng(1), build_cell(name, {})
    weights = cell.initial_weights(rng, 24, 100)
    state = cell.STATE(*(rng.standard_normal((2, 100)).astype(np.float32) for _ in cell.STATE._fields))
    x, found = rng.standard_normal((5, 2, 24)).astype(np.float32), []
    monkeypatch.setattr(threads, "PAIRS_FOR_A_THREAD", 1)
    for size in (1, 3):
        monkeypatch.setattr(cell_kernel_numpy, "usable_threads", lambda size=size: size)
        outputs, _, after = cell_kernel_numpy.run(cell, weights, x, state)
        found.append([outputs, *after])
    assert all(np.array_equal(one, other) for one, other in zip(*found, strict=True))


def test_the_dtypes_that_it_does_not_take():
    cell = build_cell("lstm", {})
    assert not cell_kernel_numpy.can_run(cell, False, cell.STATE(np.zeros((1, 64)), np.zeros((1, 64))))
