"""A cell over a whole sequence, some steps at once, by the chunked form that the cell declares (`Cell.chunk`).

It is written once for numpy and torch, and differentiated by autograd. Only the product with the input may be rounded
as autocast says; what follows has exponentials and a memory that is carried far, and stays in the dtype of the state.
A law compares the result with `unroll`. Knows no torch and no model.

Shape letters: T time, B rows, I input, H hidden.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from charlm.cells.arrays import Array, concatenate, cut, in_dtype_of
from charlm.cells.cell import Cell, Weights
from charlm.cells.symbols import Symbols
from charlm.cells.unroll import project_inputs

FEW_ROWS, LONGEST = 8, 4  # with half of these rows a chunk is twice as long, and so on, up to four times


def run(
    cell: Cell,
    weights: Weights,
    x: Array | Symbols,
    state: Any,
    exactly: AbstractContextManager[Any] = nullcontext(),  # noqa: B008, it has no state
    size: int | None = None,
) -> tuple[Array, Any]:
    """Inputs (T, B, I) or symbols and the state before them -> outputs (T, B, H) and the state after them.

    Within `exactly`, autocast is off. `size` is that of a chunk, by default the cell's, or more for few rows, whose
    products are too small to be worth their calls.
    """
    weights = cell.step_weights(weights)
    projected = in_dtype_of(project_inputs(cell, weights, x), state[0])
    size = size or cell.CHUNK * max(1, min(LONGEST, FEW_ROWS // projected.shape[1]))
    whole, rest = divmod(len(projected), size)
    outputs = []
    with exactly:
        for part in cut(projected, [size] * whole + [rest] * bool(rest), 0):
            made, state = cell.chunk(weights, part, state)
            outputs.append(made)
    return outputs[0] if len(outputs) == 1 else concatenate(outputs, axis=0), state
