"""The LSTM over a whole window in the compiled kernel, forward only, in float32: scoring without torch. Knows no model.

Shape letters: T time, B rows, V symbols, H hidden.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from charlm.cells.cell import Cell
from charlm.cells.lstm import LSTM
from charlm.cells.symbols import Symbols, distinct_inputs
from charlm.kernels import UNITS, LstmPacking, LstmWindow, library
from charlm.kernels.threads import share_rows

ROWS_FOR_A_THREAD = 4


def can_run(cell: Any, state: Any) -> bool:
    """Whether the kernel is compiled here and computes this cell at the size and in the dtype of the state."""
    return (
        type(cell) is LSTM and state.h.shape[1] % UNITS == 0 and state.h.dtype == np.float32 and library() is not None
    )


def run(
    cell: Cell, weights: Mapping[str, np.ndarray], x: np.ndarray | Symbols, state: Any
) -> tuple[np.ndarray, np.ndarray, Any]:
    """x (T, B, I) or symbols, and the state before them -> outputs and memories (T, B, H), and the state after them."""
    kernel = library()
    assert kernel is not None
    read, ids = distinct_inputs(x)
    steps, rows = (read if ids is None else ids).shape[:2]
    if ids is not None:
        ids, sums = np.ascontiguousarray(ids, np.int64), cell.project(weights, read)
    else:
        sums = np.empty((steps, rows, len(weights["weight_ih"])), np.float32)

        def project(first: int, end: int) -> None:  # one product for all steps; numpy would compute one for each
            sums[first:end] = cell.project(weights, read[first:end].reshape((end - first) * rows, -1)).reshape(
                end - first, rows, -1
            )

        share_rows(project, steps, 1)
    sums = np.ascontiguousarray(sums, np.float32)
    H = state.h.shape[1]
    recurrent, packed = np.ascontiguousarray(weights["weight_hh"], np.float32), np.empty(4 * H * H, np.float32)
    kernel.lstm_pack_fp32(ctypes.byref(LstmPacking(recurrent.ctypes.data, packed.ctypes.data, None, H)), None, 1)
    h, c = np.empty((steps + 1, rows, H), np.float32), np.empty((steps + 1, rows, H), np.float32)
    h[0], c[0] = state.h, state.c
    window = LstmWindow(
        sums=sums.ctypes.data,
        ids=None if ids is None else ids.ctypes.data,
        weights=packed.ctypes.data,
        h=h.ctypes.data,
        c=c.ctypes.data,
        T=steps,
        B=rows,
        H=H,
    )
    window.memory = sums, ids, packed, h, c
    share_rows(partial(kernel.lstm_rows_fp32, ctypes.byref(window)), rows, ROWS_FOR_A_THREAD)
    return h[1:], c[1:], type(state)(h[-1], c[-1])
