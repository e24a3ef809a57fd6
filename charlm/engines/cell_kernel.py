"""A layer over a whole window in the kernel derived from its cell, under autograd, on a CPU. Knows no model.

torch computes the large matrix products: the projected input of all steps before the loop, the weights' gradients after
it. The kernel runs the loop (graphs/c_kernel.py). Arrays are float32; under autocast to bfloat16 they are bfloat16,
with sums and the state that is not only multiplied in float32. Shape letters: T time, B rows, I input, H hidden, V
symbols; K, N, M, C blocks of projected, kept, columns, carried.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad

from charlm.cells.cell import Cell, Weights
from charlm.cells.symbols import Symbols, distinct_inputs
from charlm.cells.unroll import Memories
from charlm.engines.derived_kernel import DerivedKernel
from charlm.engines.graph_functions import evaluated
from charlm.engines.weight_gradients import chosen, projected_gradient, vector_gradients, weight_gradients
from charlm.engines.window_arrays import WindowArrays, WindowWeights
from charlm.graphs.nodes import Node
from charlm.graphs.projecting import projects_by_unit
from charlm.kernels import Window

STATE = 7  # the place of the state among the arguments of _Window.forward


def run(
    kernel: DerivedKernel, cell: Cell, weights: Weights, x: Tensor | Symbols, state: Any, below: Memories = None
) -> tuple[Tensor, Memories, Any]:
    """x (T, B, I) or symbols, the state before, the memories below -> outputs (T, B, H), memories, the state after."""
    weights, dtype = cell.step_weights(weights), kernel.dtype
    read, ids = distinct_inputs(x)
    steps, rows = (read if ids is None else ids).shape[:2]
    H = state[0].shape[1]
    missing = kernel.padded(H) - H  # filled up with units whose weights and state are zero; what they give is cut off
    projected = project_padded(cell, weights, read, H, missing).to(dtype)
    if isinstance(below, Sequence):
        below = torch.stack(tuple(below))
    if missing:
        state = tuple(pad(part, (0, missing)) for part in state)
        below = None if below is None else pad(below, (0, missing))
    outputs, memories, *after = _Window.apply(  # type: ignore[no-untyped-call]
        kernel, H, projected.flatten(0, -2), ids, below, steps, rows, *state, *kernel.weights(weights)
    )
    if missing:
        outputs, after = outputs[..., :H], [part[..., :H] for part in after]
        memories = None if memories is None else memories[..., :H]
    return outputs, memories, cell.STATE(*after)


def project_padded(cell: Cell, weights: Weights, x: Tensor, units: int, missing: int) -> Tensor:
    """What the cell projects inputs (..., I) to, each block filled up with units: (..., K (units + missing)).

    The rows of weights are filled up before the product, if that gives the same: it is far less than the result.
    """
    by_unit = missing > 0 and projects_by_unit(cell)
    if by_unit:
        own = {name: value for name, value in weights.items() if value.shape[0] % units == 0}
        weights = {name: _pad_rows(value, units, missing) for name, value in own.items()}
    projected: Tensor = cell.project(weights, x)
    if by_unit or not missing:
        return projected
    return pad(projected.reshape(*x.shape[:-1], -1, units), (0, missing)).flatten(-2)


def _pad_rows(weight: Tensor, units: int, missing: int) -> Tensor:
    blocks = weight.reshape(-1, units, *weight.shape[1:])
    return pad(blocks, (0, 0) * (blocks.dim() - 2) + (0, missing)).flatten(0, 1)


class _Window(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, kernel: DerivedKernel, units: int, projected: Tensor, ids: Tensor | None, below: Tensor | None,
        steps: int, rows: int, *arrays: Tensor,
    ) -> Any:  # fmt: skip
        plan = kernel.plan
        parts = len(plan.fields)
        state, H = arrays[:parts], arrays[0].shape[1]
        own = WindowWeights(plan, dict(zip(plan.graph.shapes, arrays[parts:], strict=True)), units, H, kernel.arrays)
        needs_backward = any(ctx.needs_input_grad)
        panels = kernel.pack(own, needs_backward)
        run = WindowArrays(plan, kernel.arrays, steps, rows, own, needs_backward)
        run.begin(state)
        projected = projected if projected.stride(1) == 1 else projected.contiguous()  # rows may have room behind them
        below = None if below is None else below.to(kernel.sums).contiguous()
        ids = None if ids is None else ids.contiguous()
        window = run.window(projected, ids, below, [forward for forward, _ in panels])
        window.projected_row = projected.stride(0)
        kernel.call("forward", window)
        ctx.kernel, ctx.run, ctx.units, ctx.symbols = kernel, run, units, len(projected)
        ctx.kept = ids, below, own.matrices, [backward for _, backward in panels], projected
        ctx.shapes = [weight.shape for weight in arrays[parts:]]
        ctx.set_materialize_grads(False)
        # Another tensor of the same numbers: autograd would tie its own to these arrays, in a cycle.
        return run.outputs().detach(), run.memories(), *(part.to(kernel.sums).clone() for part in run.last())

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, d_outputs: Tensor | None, d_memories: Tensor | None, *d_after: Tensor | None) -> Any:
        kernel, run, plan = ctx.kernel, ctx.run, ctx.kernel.plan
        ids, below, matrices, panels, projected = ctx.kept
        T, B, H, dtype = run.steps, run.rows, run.units, kernel.dtype
        d_output = torch.zeros(T, B, H, dtype=dtype) if d_outputs is None else in_rows(d_outputs.to(dtype))
        d_memory = None if d_memories is None else d_memories.to(kernel.sums).contiguous()
        d_states = [
            torch.zeros(B, H, dtype=kernel.sums)
            if d is None
            else d.to(kernel.sums).clone(memory_format=torch.contiguous_format)
            for d in d_after
        ]
        d_below = None if below is None else torch.empty(T, B, H, dtype=kernel.sums)
        window = run.window(projected, ids, below, panels)
        run.put(window, d_output=d_output, d_memory=d_memory, d_below=d_below)
        window.projected_row, window.d_output_row = projected.stride(0), row_distance(d_output)
        run.point(window, "d_states", d_states)
        if not plan.mixes_units:
            d_projected, d_weights = _added_up(ctx, window)
            return None, None, d_projected, None, d_below, None, None, *d_states, *d_weights
        columns = torch.empty(T, B, len(plan.columns) * H, dtype=dtype)
        carried = torch.empty(B, max(1, len(plan.carried)) * H, dtype=kernel.sums)
        run.put(window, columns=columns, carried=carried)
        kernel.call("backward", window)
        for reading, matrix in zip(plan.readings, matrices, strict=True):
            if reading.source.op == "state":  # what the products of the first step give to the state before it
                place = plan.fields.index(str(reading.source.key[0]))
                if ctx.needs_input_grad[STATE + place]:
                    d_states[place] += chosen(columns[0], reading.columns, H).to(kernel.sums) @ matrix
        d_projected = projected_gradient(plan.gradient, columns).flatten(0, 1)
        if ids is not None:
            d_projected = kernel.gather(d_projected, ids, ctx.symbols).to(dtype)
        d_weights = _weight_gradients(ctx, columns)
        return None, None, d_projected, None, d_below, None, None, *d_states, *d_weights


def in_rows(x: Tensor) -> Tensor:
    """(T, B, H) such that rows are equally far apart, and whole: itself if it is so."""
    T, B, _ = x.shape
    return x if x.stride(2) == 1 and (T == 1 or B == 1 or x.stride(0) == B * x.stride(1)) else x.contiguous()


def row_distance(x: Tensor) -> int:
    """From one row of `in_rows` to the next. The stride of an axis of size 1 is any number."""
    T, B, H = x.shape
    return x.stride(0) // B if T > 1 else x.stride(1) if B > 1 else H


def _added_up(ctx: Any, window: Window) -> tuple[Tensor, list[Tensor | None]]:
    """Run a step without products backwards: the gradients of the projected input, and of the weights of the step.

    The kernel itself adds up what a symbol's row gets, and the weights, which are all vectors.
    """
    kernel, run, plan = ctx.kernel, ctx.run, ctx.kernel.plan
    H, (ids, *_, projected) = run.units, ctx.kept
    sums = torch.zeros(max(1, len(plan.gradient.vectors)), H, dtype=kernel.sums)
    if ids is None:
        columns = torch.empty(len(projected), len(plan.columns) * H, dtype=kernel.dtype)
        run.put(window, sums=sums, columns=columns)
        kernel.call("backward", window)
        d_projected = chosen(columns, [plan.columns.index(each) for each in plan.gradient.projected], H)
    else:
        totals = torch.zeros(projected.shape, dtype=kernel.sums)
        run.put(window, sums=sums, totals=totals)
        kernel.call("backward", window)
        d_projected = totals.to(kernel.dtype)
    return d_projected, vector_gradients(plan.gradient, sums, ctx.shapes, ctx.units)


def _weight_gradients(ctx: Any, columns: Tensor) -> list[Tensor | None]:
    """The gradient of each weight of the step, from the columns of all steps."""
    run, plan = ctx.run, ctx.kernel.plan
    H = run.units
    ids, below, _, _, projected = ctx.kept

    def stored(each: Node) -> Tensor | None:
        """What there is of a node for all steps."""
        if each.op != "projected":
            found: Tensor | None = run.stored(each, below)
            return found
        block: Tensor = projected[:, int(each.key[0]) * H : (int(each.key[0]) + 1) * H]
        return block.reshape(run.steps, run.rows, H) if ids is None else block[ids]

    return weight_gradients(
        plan.gradient, columns, ctx.shapes, ctx.units, [run.read(number) for number in range(len(plan.readings))],
        [evaluated(term.factor, stored) for term in plan.gradient.vectors], columns.dtype, ctx.kernel.sums,
    )  # fmt: skip
