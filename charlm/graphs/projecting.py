"""Whether a cell's `project` gives each unit what the unit's own rows of the weights give. Knows no engine."""

from __future__ import annotations

from functools import cache

import numpy as np

from charlm.cells.cell import Cell

WIDTHS = range(3, 200)  # of which one must suit the cell


@cache
def projects_by_unit(cell: Cell) -> bool:
    """True if weights with further rows of zeros, at the end of each block, give the same numbers, and zeros besides.

    It is tried on random numbers, for an input as wide as the layer and for another: some cells pass the first on as it
    is. A cell that normalizes over its units is not so either.
    """
    units = next((size for size in WIDTHS if not cell.size_problem(size)), None)
    return units is not None and all(_projects_by_unit(cell, width, units) for width in (2, units))


def _projects_by_unit(cell: Cell, width: int, units: int) -> bool:
    rng = np.random.default_rng(0)
    weights = cell.step_weights({n: rng.standard_normal(shape) for n, shape in cell.shapes(width, units).items()})
    x = rng.standard_normal((4, width))
    filled = {name: _with_rows(value, units) for name, value in weights.items() if np.shape(value)[0] % units == 0}
    try:
        found = np.asarray(cell.project(filled, x)).reshape(4, -1, units + 1)
    except (KeyError, ValueError, IndexError):  # it reads a weight of another shape
        return False
    expected = np.asarray(cell.project(weights, x)).reshape(4, -1, units)
    same = expected.shape[1] == found.shape[1] and np.allclose(found[..., :units], expected)
    return bool(same and not found[..., units:].any())


def _with_rows(weight: np.ndarray, units: int) -> np.ndarray:
    blocks = weight.reshape(-1, units, *weight.shape[1:])
    return np.pad(blocks, [(0, 0), (0, 1), *([(0, 0)] * (blocks.ndim - 2))]).reshape(-1, *weight.shape[1:])
