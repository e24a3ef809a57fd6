"""A layer over a whole window in the kernel derived from its cell, forward only, in float32: scoring without torch.

Knows no model. Shape letters: T time, B rows, V symbols, H hidden (padded), K blocks of projected, P products of an
input.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from charlm.cells.cell import Cell
from charlm.cells.symbols import Symbols, distinct_inputs
from charlm.engines.kernel_arrays import NUMPY, padded
from charlm.engines.own_library import library_for
from charlm.engines.window_arrays import WindowArrays, WindowWeights, run_on_team, takes_width, width_of
from charlm.graphs.derived import kernel_name
from charlm.graphs.stages import KernelPlan, plan_of_cell
from charlm.kernels.threads import TeamSize, share_rows
from charlm.machine import usable_threads

ROWS_FOR_A_THREAD = 4
_TEAM = TeamSize()


def can_run(cell: Cell, below: bool, state: Any) -> bool:
    """Whether a kernel is compiled here for this cell, and the state is float32."""
    plan = plan_of_cell(cell, below)
    if state[0].dtype != np.float32 or plan is None or not hasattr(library_for(cell, below), _entry(plan)):
        return False
    return takes_width(plan, state[0].shape[1])


def _entry(plan: KernelPlan) -> str:
    return f"{kernel_name(plan.graph)}_forward_part_fp32"


def run(
    cell: Cell, weights: Mapping[str, np.ndarray], x: np.ndarray | Symbols, state: Any, below: Any = None
) -> tuple[np.ndarray, np.ndarray | None, Any]:
    """x (T, B, I) or symbols, the state before, the memories below -> outputs (T, B, H), memories, the state after."""
    arrays, units = _filled(cell, weights, x, state, below)
    memories = arrays.memories()
    return (
        arrays.outputs()[..., :units],
        None if memories is None else memories[..., :units],
        type(state)(*(part[:, :units].copy() for part in arrays.last())),  # a view would keep all steps in memory
    )


def run_with_states(
    cell: Cell, weights: Mapping[str, np.ndarray], x: np.ndarray | Symbols, state: Any, below: Any = None
) -> tuple[np.ndarray, Any]:
    """The same -> outputs (T, B, H), and the states after each step: a state with parts (T, B, H)."""
    arrays, units = _filled(cell, weights, x, state, below)
    return arrays.outputs()[..., :units], type(state)(*(part[..., :units] for part in arrays.states()))


def _filled(
    cell: Cell, weights: Mapping[str, np.ndarray], x: np.ndarray | Symbols, state: Any, below: Any
) -> tuple[WindowArrays, int]:
    """The arrays of a window after the kernel has run it, and the units of the layer: the arrays may have more."""
    kernel, plan = library_for(cell, below is not None), plan_of_cell(cell, below is not None)
    assert kernel is not None
    assert plan is not None
    weights = cell.step_weights(weights)
    read, ids = distinct_inputs(x)
    steps, rows = (read if ids is None else ids).shape[:2]
    units = state[0].shape[1]
    H = width_of(plan, units, kernel.vector_width())
    projected = _projected(cell, weights, read, ids is None, plan.graph.projected, units, H)
    ids = None if ids is None else np.ascontiguousarray(ids, np.int64)
    if below is not None:
        below = np.stack(below) if isinstance(below, Sequence) else below
        below = np.ascontiguousarray(padded(below, 1, units, H))
    own = WindowWeights(plan, weights, units, H, NUMPY)
    panels = own.pack(False, lambda job: kernel.cell_pack_fp32(ctypes.byref(job), None, 1))
    arrays = WindowArrays(plan, NUMPY, steps, rows, own, keep=False)
    arrays.begin([padded(part, 1, units, H) for part in state])
    window = arrays.window(projected, ids, below, [panel for panel, _ in panels])
    name = kernel_name(plan.graph)
    if not run_on_team(getattr(kernel, f"{name}_forward_units_fp32"), window, plan, _TEAM, usable_threads()):
        forward = getattr(kernel, _entry(plan))
        forward.argtypes, forward.restype = (ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64), None
        share_rows(partial(forward, ctypes.byref(window)), rows, ROWS_FOR_A_THREAD)
    return arrays, units


def _projected(
    cell: Cell, weights: Mapping[str, np.ndarray], read: np.ndarray, each_step: bool, blocks: int, units: int, H: int
) -> np.ndarray:  # fmt: skip
    """The projected input, float32, with padded blocks: of all steps, or of each symbol."""
    if not each_step:
        return np.ascontiguousarray(padded(cell.project(weights, read), blocks, units, H))
    steps, rows = read.shape[:2]
    found = np.empty((steps, rows, blocks * H), np.float32)

    def project(first: int, end: int) -> None:  # one product for all steps; numpy would compute one for each
        part = cell.project(weights, read[first:end].reshape((end - first) * rows, -1))
        found[first:end] = padded(part, blocks, units, H).reshape(end - first, rows, -1)

    share_rows(project, steps, 1)
    return found
