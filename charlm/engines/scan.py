"""A cell over a whole sequence with a backward pass of its own, for cells that no kernel of torch computes.

Forward, the definition's step is repeated outside autograd, and its trace is kept. Backward, everything that does not
depend on the incoming gradient is computed for many time steps at once. The loop from the last step to the first then
needs one product with the recurrent weights and a few element-wise ones. After the loop, the gradients of the weights
are single products over all steps. A law compares the result with `unroll`. Knows no model.

Shape letters: T time, B rows, I input, H hidden.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from charlm.cells.cell import Weights
from charlm.cells.gradients import CellWithBackward, Trace
from charlm.cells.symbols import Symbols
from charlm.cells.unroll import Memories, project_inputs, run_steps, unroll

# Time steps whose local derivatives are computed at once. 64 would not fit into the cache, and take a fifth longer.
BLOCK = 16


def scan(
    cell: CellWithBackward, weights: Weights, x: Tensor | Symbols, state: Any, below: Memories = None
) -> tuple[Tensor, Memories, Any]:
    """The results of `unroll`, faster if gradients are wanted."""
    if not torch.is_grad_enabled():
        return unroll(cell, weights, x, state, below)
    weights = cell.step_weights(weights)
    names = tuple(weights)
    if isinstance(below, Sequence):
        below = torch.stack(tuple(below))
    projected = project_inputs(cell, weights, x)
    outputs, memories, *after = _Scan.apply(  # type: ignore[no-untyped-call]
        cell, names, projected.to(_product_dtype(projected)), below, *state, *(weights[name] for name in names)
    )
    return outputs, memories, cell.STATE(*after)


def _product_dtype(x: Tensor) -> torch.dtype:
    """The dtype of matrix products: autocast's if it is on, else that of x."""
    device_type = x.device.type
    return torch.get_autocast_dtype(device_type) if torch.is_autocast_enabled(device_type) else x.dtype


class _Scan(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        cell: CellWithBackward,
        names: tuple[str, ...],
        projected: Tensor,
        below: Tensor | None,
        *arrays: Tensor,
    ) -> tuple[Any, ...]:
        parts = len(cell.STATE._fields)
        weights = {  # matrices are rounded once, as the projected input was, and not at every step
            name: weight.to(projected.dtype) if weight.dim() > 1 else weight
            for name, weight in zip(names, arrays[parts:], strict=True)
        }
        state = cell.STATE(*arrays[:parts])
        states, outputs, inner = [state], [], []
        for output, new, values in run_steps(cell, weights, projected, state, below):
            states.append(new)
            outputs.append(output)
            inner.append(values)
        whole = [torch.stack(part) for part in zip(*states, strict=True)]  # (T + 1, B, H)
        before, after = cell.STATE(*(part[:-1] for part in whole)), cell.STATE(*(part[1:] for part in whole))
        all_inner = {name: torch.stack([values[name] for values in inner]) for name in inner[0]}
        ctx.cell, ctx.names, ctx.weights = cell, names, weights
        ctx.trace = Trace(projected, below, before, after, all_inner)
        ctx.set_materialize_grads(False)
        # A copy: ctx must not hold an output, or the graph and ctx would keep each other alive.
        memories = getattr(after, cell.MEMORY).clone() if cell.MEMORY else None
        return torch.stack(outputs), memories, *states[-1]

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, d_outputs: Tensor | None, d_memories: Tensor | None, *d_after: Tensor | None) -> Any:
        cell, weights, trace = ctx.cell, ctx.weights, ctx.trace
        if d_outputs is None:  # the loss reads only the state after the sequence
            d_outputs = torch.zeros_like(trace.after[0])
        given = zip(d_after, trace.after, strict=True)
        d_state = cell.STATE(*(torch.zeros_like(part[-1]) if d is None else d for d, part in given))
        d_sums = []
        for end in range(len(d_outputs), 0, -BLOCK):
            start = max(0, end - BLOCK)
            derivatives = cell.local_derivatives(weights, trace.between(start, end))
            for t in reversed(range(start, end)):
                if d_memories is not None:
                    d_state = d_state._replace(**{cell.MEMORY: getattr(d_state, cell.MEMORY) + d_memories[t]})
                local = [each[t - start] for each in derivatives]
                sums, d_state = cell.step_backward(weights, local, d_outputs[t], d_state)
                d_sums.append(sums.to(trace.projected.dtype))
        found = cell.weight_gradients(weights, trace, torch.stack(d_sums[::-1]))
        return None, None, found.projected, found.below, *d_state, *(found.weights.get(name) for name in ctx.names)
