"""The recurrent kernels of torch for whole sequences: oneDNN's LSTM on a CPU, cuDNN's LSTM, GRU and RNN on CUDA.

A cell declares which of them computes it (`Cell.torch_kernel`); a law compares the result with the cell's definition.
Knows no model. Shape letters: T time, B rows, I input, H hidden.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from torch import Tensor

from charlm.cells.cell import Cell, TorchKernel, Weights
from charlm.cells.symbols import Symbols, embed

# The order in which torch's kernels take the weights of a layer.
NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def run(cell: Cell, weights: Weights, x: Tensor | Symbols, state: Any) -> tuple[Tensor, Any]:
    """x (T, B, I) or symbols, and the state before them -> outputs (T, B, H) and the state after them."""
    assert cell.torch_kernel is not None
    inputs = embed(x)
    parts = tuple(part[None] for part in state)  # torch expects an axis for the layers of a stack
    given = cell.kernel_weights(weights)
    outputs, *after = _call(cell.torch_kernel, inputs, parts, side_by_side([given[name] for name in NAMES]))
    return outputs, type(state)(*(part[0].to(inputs.dtype) for part in after))


def _call(kernel: TorchKernel, x: Tensor, state: tuple[Tensor, ...], weights: list[Tensor]) -> tuple[Tensor, ...]:
    """x (T, B, I) and the parts of the state (1, B, H), for one layer -> outputs and the parts after it."""
    made: tuple[Tensor, ...] = getattr(torch, kernel)(
        x,
        state if len(state) > 1 else state[0],
        weights,
        has_biases=True,
        num_layers=1,
        dropout=0.0,
        train=torch.is_grad_enabled(),
        bidirectional=False,
        batch_first=False,
    )
    return made


def side_by_side(weights: list[Tensor]) -> list[Tensor]:
    """CUDA weights in one block of memory, as cuDNN expects them: as they are after `pack`, otherwise copies."""
    if not weights[0].is_cuda or _share_a_block(weights):
        return weights
    block = torch.cat([weight.flatten() for weight in weights])
    parts = torch.split_with_sizes(block, [weight.numel() for weight in weights])
    return [part.view_as(weight) for part, weight in zip(parts, weights, strict=True)]


def _share_a_block(weights: list[Tensor]) -> bool:
    """Whether they lie one after the other. Blocks of their own can do so too, by chance; cuDNN wants one block."""
    blocks = {weight.untyped_storage().data_ptr() for weight in weights}
    ends = [weight.data_ptr() + weight.nbytes for weight in weights]
    return len(blocks) == 1 and ends[:-1] == [weight.data_ptr() for weight in weights[1:]]


def can_run(kernel: TorchKernel, like: Tensor) -> bool:
    """Whether torch has the kernel for tensors like this one, in the autocast that is on."""
    if like.device.type != "cpu" or not torch.is_autocast_enabled("cpu"):
        return True
    return _runs_under_autocast(kernel, torch.get_autocast_dtype("cpu"))


@cache
def _runs_under_autocast(kernel: TorchKernel, dtype: torch.dtype) -> bool:
    """The same for this CPU under autocast to a dtype, forward and backward.

    The kernel is tried on a single unit, because torch offers no way to ask: oneDNN has an lstm in bf16 only for
    processors with AVX-512, and ONEDNN_MAX_CPU_ISA may forbid what the processor could do.
    """
    gates = {"lstm": 4, "gru": 3, "rnn_tanh": 1}[kernel]
    with torch.inference_mode(False), torch.enable_grad():
        x = part = torch.zeros(1, 1, 1)
        weights = [torch.zeros(gates, *rest, requires_grad=True) for rest in ((1,), (1,), (), ())]
        try:
            with torch.autocast("cpu", dtype, cache_enabled=False):
                outputs = _call(kernel, x, (part, part) if kernel == "lstm" else (part,), weights)[0]
            torch.autograd.grad(outputs.float().sum(), weights)
        except RuntimeError:
            return False
    return True


def pack(cell: Cell, weights: Weights) -> None:
    """Move a layer's CUDA weights, in place, into one block of memory, as cuDNN expects them; a no-op elsewhere.

    It applies to cells whose own weights are the kernel's. Others are copied side by side in each call.
    """
    if cell.torch_kernel is None or not weights["weight_hh"].is_cuda or not set(NAMES) <= set(weights):
        return
    module = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn_tanh": torch.nn.RNN}[cell.torch_kernel]
    (_, input_size), (_, hidden_size) = weights["weight_ih"].shape, weights["weight_hh"].shape
    packed = module(input_size, hidden_size, device=weights["weight_hh"].device, dtype=weights["weight_hh"].dtype)
    for name in NAMES:
        memory = getattr(packed, f"{name}_l0").data
        weights[name].data = memory.copy_(weights[name].data)
