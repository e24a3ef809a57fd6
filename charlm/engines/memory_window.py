"""An ntm over a window with torch: in the loop what a step waits for, and all else for all steps at once.

Autograd takes each step apart into some forty small operations; they took six times as long as the memory itself.
Here a step is its products, its controller (memory_controllers.py) and a call of the memory's kernel (memory_turns.py),
forwards and from the last step to the first. The gradient of a matrix is one product over all steps. Float32 on a CPU.
A law compares the results with the definition (cells/ntm.py).

Shape letters: T time, B rows, K sums of the controller, H hidden, R numbers read.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from charlm.cells.cell import Weights
from charlm.cells.ntm import NTM
from charlm.cells.symbols import Symbols
from charlm.cells.unroll import project_inputs, unroll
from charlm.engines.memory_controllers import LSTMController, TanhController
from charlm.engines.memory_kernel import KernelMemory, with_kernel
from charlm.engines.memory_turns import Turns, TurnsBack


def run(cell: NTM, weights: Weights, x: Tensor | Symbols, state: Any) -> tuple[Tensor, Any]:
    """Outputs and the state after them, as `unroll` gives them, for a cell that has a kernel."""
    fast = with_kernel(cell)
    if not torch.is_grad_enabled():  # nothing of a step has to be kept
        outputs, _, after = unroll(fast, weights, x, state)
        return outputs, after
    weights = cell.step_weights(weights)
    controls, reads, memory, moved, *own = _Window.apply(  # type: ignore[no-untyped-call]
        fast.memory_of_places,
        project_inputs(cell, weights, x).float(),
        weights["weight_past"],
        weights["weight_heads"],
        weights["bias_heads"],
        weights["first_weightings"],
        state.memory,
        state.weightings,
        state.reads + weights["first_reads"],
        *((state.h, state.c) if cell.lstm_controller else ()),
    )
    after = cell.STATE(*own, memory, reads[-1] - weights["first_reads"], moved)
    return cell.output(weights, controls, reads), after


class _Window(torch.autograd.Function):
    """What is projected (T, B, K), the weights, and the state before the window -> the output of the controller
    (T, B, H), what each step reads (T, B, R), and after the window the memory, the weightings, h and c of an lstm."""

    @staticmethod
    def forward(
        ctx: Any,
        places: KernelMemory,
        projected: Tensor,
        past: Tensor,
        heads: Tensor,
        bias: Tensor,
        first: Tensor,
        memory: Tensor,
        moved: Tensor,
        read: Tensor,
        *own: Tensor,
    ) -> tuple[Tensor, ...]:
        controller = LSTMController(projected, past, *own) if own else TanhController(projected, past)
        asked = projected.new_empty(*projected.shape[:2], len(heads))
        turns = Turns(places, asked, first, memory, moved, read)
        to_heads = heads.T.contiguous()
        for t, (read, now) in enumerate(zip(turns.read[:-1], asked, strict=True)):
            torch.addmm(bias, controller.forward(t, read), to_heads, out=now)
            turns.forward(t)
        ctx.controller, ctx.turns, ctx.heads = controller, turns, heads
        # Copies: ctx must not hold an output, or the graph and ctx would keep each other alive.
        found = (controller.controls, turns.read[1:], turns.memory[-1], turns.moved[-1], *controller.own)
        return tuple(each.clone() for each in found)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(
        ctx: Any, d_controls: Tensor, d_reads: Tensor, d_memory: Tensor, d_moved: Tensor, *d_own: Tensor
    ) -> tuple[Tensor | None, ...]:
        controller, turns = ctx.controller.backwards(*d_own), TurnsBack(ctx.turns, d_memory, d_moved)
        d_read = torch.zeros_like(d_reads[0])
        for t, (d_control, d_now) in reversed(list(enumerate(zip(d_controls, d_reads, strict=True)))):
            d_asked = turns.backward(t, d_now + d_read)
            d_read = controller.backward(t, torch.addmm(d_control, d_asked, ctx.heads))
        d_past = _product(controller.d_sums, ctx.controller.past)
        d_heads, d_bias = _product(turns.d_asked, ctx.controller.controls), turns.d_asked.sum((0, 1))
        d_state = (turns.d_memory, turns.d_moved, d_read, *controller.d_own)
        return None, controller.d_sums, d_past, d_heads, d_bias, turns.d_first, *d_state


def _product(d_sums: Tensor, inputs: Tensor) -> Tensor:
    """The gradient of a matrix (K, M), from those of its sums (T, B, K) and what it multiplies (T, B, M)."""
    return d_sums.flatten(0, 1).T @ inputs.flatten(0, 1)
