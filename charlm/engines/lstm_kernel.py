"""The LSTM over a whole window in charlm's own compiled kernel, under autograd, on a CPU. Knows no model.

torch computes the large matrix products: the input sums of all steps before the loop, the weights' gradients after it.
The kernel runs the loop (kernels/lstm.h). Arrays are float32; under autocast to bfloat16 they are bfloat16, with sums
and memory in float32, if the processor has instructions for it. Shape letters: T time, B rows, H hidden, N rows of
sums, V symbols.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import linear, pad

from charlm.cells.cell import Cell, Weights
from charlm.cells.symbols import Symbols, distinct_inputs
from charlm.kernels import UNITS, LstmGathering, LstmPacking, LstmWindow, library


@cache
def openmp_parallel() -> Any:
    """The function of torch's OpenMP that runs work on all its threads; None if it is not found."""
    return getattr(ctypes.CDLL(None), "GOMP_parallel", None)


def dtype_for(x: Tensor) -> torch.dtype | None:
    """The dtype in which the kernel would compute with x, in the autocast that is on; None if it cannot."""
    compiled = library()
    if compiled is None or x.device.type != "cpu" or x.dtype not in (torch.float32, torch.bfloat16):
        return None
    if torch.get_num_threads() > 1 and openmp_parallel() is None:
        return None
    if torch.is_autocast_enabled("cpu"):
        narrow = torch.get_autocast_dtype("cpu") == torch.bfloat16 and hasattr(compiled, "lstm_forward_bf16")
        return torch.bfloat16 if narrow else None
    return x.dtype if x.dtype == torch.float32 else None


def run(cell: Cell, weights: Weights, x: Tensor | Symbols, state: Any) -> tuple[Tensor, Any]:
    """x (T, B, I) or symbols, and the state before them -> outputs (T, B, H) and the state after them.

    For cells that torch's LSTM kernel computes (`Cell.torch_kernel`), if `dtype_for` has a dtype for the state.
    """
    weights, dtype = cell.kernel_weights(weights), dtype_for(state[0])
    assert dtype is not None
    read, ids = distinct_inputs(x)
    steps, rows = (read if ids is None else ids).shape[:2]
    hidden_size = weights["weight_hh"].shape[1]
    sums = linear(read, weights["weight_ih"], weights["bias_ih"] + weights["bias_hh"]).to(dtype)
    recurrent, h, c = weights["weight_hh"], state.h, state.c
    missing = -hidden_size % UNITS
    if missing:  # padded with units whose weights and state are zero, and stay zero
        sums = pad(sums.view(*sums.shape[:-1], 4, hidden_size), (0, missing)).flatten(-2)
        recurrent = pad(recurrent.view(4, hidden_size, hidden_size), (0, missing, 0, missing)).flatten(0, 1)
        h, c = pad(h, (0, missing)), pad(c, (0, missing))
    outputs, last, memory = _LSTM.apply(  # type: ignore[no-untyped-call]
        sums.flatten(0, -2), ids, recurrent, h, c, steps, rows
    )
    if missing:
        outputs, last, memory = (each[..., :hidden_size] for each in (outputs, last, memory))
    return outputs, type(state)(last, memory)


def _call(name: str, dtype: torch.dtype, job: ctypes.Structure) -> None:
    threads = torch.get_num_threads()
    entry = getattr(library(), f"lstm_{name}_{'bf16' if dtype == torch.bfloat16 else 'fp32'}")
    entry(ctypes.byref(job), openmp_parallel() if threads > 1 else None, threads)


class _LSTM(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, sums: Tensor, ids: Tensor | None, recurrent: Tensor, h: Tensor, c: Tensor, steps: int, rows: int
    ) -> tuple[Tensor, Tensor, Tensor]:
        H, dtype = h.shape[1], sums.dtype
        sums, recurrent = sums.contiguous(), recurrent.detach().float().contiguous()
        ids = None if ids is None else ids.contiguous()
        needs_backward = any(ctx.needs_input_grad)
        packed = torch.empty(2 if needs_backward else 1, 4 * H * H, dtype=dtype)
        _call(
            "pack",
            dtype,
            LstmPacking(
                recurrent.data_ptr(), packed[0].data_ptr(), packed[1].data_ptr() if needs_backward else None, H
            ),
        )
        outputs, memories = torch.empty(steps + 1, rows, H, dtype=dtype), torch.empty(steps + 1, rows, H)
        outputs[0], memories[0] = h, c
        gates = torch.empty(steps, rows, 4 * H, dtype=dtype) if needs_backward else None
        window = LstmWindow(
            T=steps,
            B=rows,
            H=H,
            sums=sums.data_ptr(),
            ids=None if ids is None else ids.data_ptr(),
            weights=packed[0].data_ptr(),
            h=outputs.data_ptr(),
            c=memories.data_ptr(),
            gates=None if gates is None else gates.data_ptr(),
        )
        _call("forward", dtype, window)
        ctx.kept = ids, recurrent, packed, outputs, memories, gates, len(sums)
        ctx.set_materialize_grads(False)
        return outputs[1:], outputs[-1].float(), memories[-1].clone()

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, d_outputs: Tensor | None, d_last: Tensor | None, d_memory: Tensor | None) -> Any:
        ids, recurrent, packed, outputs, memories, gates, symbols = ctx.kept
        steps, rows, H = gates.shape[0], gates.shape[1], outputs.shape[2]
        dtype = gates.dtype
        d_outputs = torch.zeros(steps, rows, H, dtype=dtype) if d_outputs is None else d_outputs.to(dtype).contiguous()
        d_h = torch.zeros(rows, H) if d_last is None else d_last.contiguous()
        d_c = torch.zeros(rows, H) if d_memory is None else d_memory.clone(memory_format=torch.contiguous_format)
        d_sums = torch.empty_like(gates)
        window = LstmWindow(
            T=steps,
            B=rows,
            H=H,
            weights=packed[1].data_ptr(),
            c=memories.data_ptr(),
            gates=gates.data_ptr(),
            d_out=d_outputs.data_ptr(),
            d_h=d_h.data_ptr(),
            d_c=d_c.data_ptr(),
            d_sums=d_sums.data_ptr(),
        )
        _call("backward", dtype, window)
        flat = d_sums.flatten(0, 1)
        d_recurrent = (flat.T @ outputs[:-1].flatten(0, 1)).float()
        if ids is None:
            d_given = flat
        else:
            d_given = torch.zeros(symbols, 4 * H)
            job = LstmGathering(flat.data_ptr(), ids.data_ptr(), d_given.data_ptr(), len(flat), 4 * H, 4 * H)
            _call("gather", dtype, job)
            d_given = d_given.to(dtype)
        needs = ctx.needs_input_grad
        d_first = d_sums[0].float() @ recurrent if needs[3] else None
        return d_given, None, d_recurrent, d_first, d_c if needs[4] else None, None, None
