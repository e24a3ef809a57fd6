"""A cell over a whole sequence, forwards and backwards, from the graph of its step, for layers that no kernel computes.

Forward, the step runs outside autograd, and what its gradient needs is kept (graphs/keeping.py). Backward, everything
that does not depend on the incoming gradient is computed for many time steps at once. The loop from the last step to
the first then needs one product with the weights for each input that products read, and a few element-wise operations.
After the loop, the gradients of the weights are single products over all steps. A law compares the result with
`unroll`. Knows no model.

Shape letters: T time, B rows, I input, H hidden, M columns (graphs/layout.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from charlm.cells.cell import Cell, Weights
from charlm.cells.symbols import Symbols
from charlm.cells.unroll import Memories, project_inputs, unroll
from charlm.engines.scan_functions import ScanFunctions, scan_functions
from charlm.engines.weight_gradients import projected_gradient
from charlm.graphs.layout import matrix_block, vector_block

# Time steps whose factors are computed at once. 64 would not fit into the cache, and take a fifth longer.
BLOCK = 16


def scan(
    cell: Cell, weights: Weights, x: Tensor | Symbols, state: Any, below: Memories = None, compiler: Any = None
) -> tuple[Tensor, Memories, Any]:
    """The results of `unroll`, faster if gradients are wanted, for a cell whose step can be traced.

    `compiler` is what compiles the step's functions (engines/inductor.py); without it they run one operation at a time.
    """
    if not torch.is_grad_enabled():
        return unroll(cell, weights, x, state, below)
    weights = cell.step_weights(weights)
    if isinstance(below, Sequence):
        below = torch.stack(tuple(below))
    functions = scan_functions(cell, below is not None, compiler)
    projected = project_inputs(cell, weights, x)
    names = tuple(functions.graph.shapes)
    outputs, memories, *after = _Scan.apply(  # type: ignore[no-untyped-call]
        functions, projected.to(_product_dtype(projected)), below, *state, *(weights[name] for name in names)
    )
    return outputs, memories, cell.STATE(*after)


def _product_dtype(x: Tensor) -> torch.dtype:
    """The dtype of matrix products: autocast's if it is on, else that of x."""
    device_type = x.device.type
    return torch.get_autocast_dtype(device_type) if torch.is_autocast_enabled(device_type) else x.dtype


class _Scan(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, functions: ScanFunctions, projected: Tensor, below: Tensor | None, *arrays: Tensor) -> Any:
        parts = len(functions.graph.after)
        weights = dict(zip(functions.graph.shapes, arrays[parts:], strict=True))
        H = arrays[0].shape[-1]
        matrices = [  # rounded once, as the projected input was, and not at every step
            torch.cat([matrix_block(weights, entry, H) for entry in reading.entries]).to(projected.dtype)
            for reading in functions.readings
        ]
        vectors = [vector_block(weights, each, H) for each in functions.vectors]
        state: Sequence[Tensor] = arrays[:parts]
        states, outputs, kept = [tuple(state)], [], []
        for t, now in enumerate(projected):
            under = () if below is None else (below[t],)
            output, state, values = functions.forward(now, *under, *state, *vectors, *matrices)
            states.append(tuple(state))
            outputs.append(output)
            kept.append(values)
        whole = [torch.stack(part) for part in zip(*states, strict=True)]  # (T + 1, B, H)
        ctx.functions, ctx.matrices, ctx.vectors, ctx.below = functions, matrices, vectors, below
        ctx.projected, ctx.states = projected, whole
        ctx.kept = [torch.stack(part) for part in zip(*kept, strict=True)]
        ctx.shapes = [weight.shape for weight in arrays[parts:]]
        ctx.set_materialize_grads(False)
        # A copy: ctx must not hold an output, or the graph and ctx would keep each other alive.
        memory = functions.memory
        return torch.stack(outputs), None if memory is None else whole[memory][1:].clone(), *states[-1]

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, d_outputs: Tensor | None, d_memories: Tensor | None, *d_after: Tensor | None) -> Any:
        functions, states = ctx.functions, ctx.states
        if d_outputs is None:  # the loss reads only the state after the sequence
            d_outputs = torch.zeros_like(states[0][1:])
        d_state: Sequence[Tensor] = [
            torch.zeros_like(part[-1]) if d is None else d for d, part in zip(d_after, states, strict=True)
        ]
        steps = len(d_outputs)
        columns: list[Any] = [None] * steps
        d_below: list[Any] = [None] * steps
        for end in range(steps, 0, -BLOCK):
            start = max(0, end - BLOCK)
            factors = functions.factors(*_between(ctx, start, end))
            for t in reversed(range(start, end)):
                if d_memories is not None:
                    d_state = list(d_state)
                    d_state[functions.memory] = d_state[functions.memory] + d_memories[t]
                local = [each[t - start] for each in factors]
                columns[t], d_state, d_below[t] = functions.backward(
                    d_outputs[t], *d_state, *local, *ctx.vectors, *ctx.matrices
                )
        whole = torch.stack(columns)
        d_weights = functions.weight_gradients(whole, _between(ctx, 0, steps), ctx.shapes, ctx.projected.dtype)
        below = None if ctx.below is None else torch.stack(d_below)
        return None, projected_gradient(functions.gradient, whole), below, *d_state, *d_weights


def _between(ctx: Any, start: int, end: int) -> tuple[Any, ...]:
    """What was read and kept in the steps from `start` up to `end`, which is not included."""
    part = slice(start, end)
    return (
        ctx.projected[part],
        *(() if ctx.below is None else (ctx.below[part],)),
        *(each[part] for each in ctx.states),
        *ctx.vectors,
        *(each[start + 1 : end + 1] for each in ctx.states),
        *(each[part] for each in ctx.kept),
    )
