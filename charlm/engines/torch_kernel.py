"""The recurrent kernels of torch for whole sequences: oneDNN's LSTM on a CPU, cuDNN's LSTM, GRU and RNN on CUDA.

A cell declares which of them computes it (`Cell.torch_kernel`); a law compares the result with the cell's definition.
Knows no model. Shape letters: T time, B rows, I input, H hidden.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from charlm.cells.cell import Cell, Weights
from charlm.cells.symbols import Symbols, embed

# The order in which torch's kernels take the weights of a layer.
NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def run(cell: Cell, weights: Weights, x: Tensor | Symbols, state: Any) -> tuple[Tensor, Any]:
    """x (T, B, I) or symbols, and the state before them -> outputs (T, B, H) and the state after them."""
    assert cell.torch_kernel is not None
    inputs = embed(x)
    parts = tuple(part[None] for part in state)  # torch expects an axis for the layers of a stack
    given = cell.kernel_weights(weights)
    outputs, *after = getattr(torch, cell.torch_kernel)(
        inputs,
        parts if len(parts) > 1 else parts[0],
        [given[name] for name in NAMES],
        has_biases=True,
        num_layers=1,
        dropout=0.0,
        train=torch.is_grad_enabled(),
        bidirectional=False,
        batch_first=False,
    )
    return outputs, type(state)(*(part[0].to(inputs.dtype) for part in after))


def pack(cell: Cell, weights: Weights) -> None:
    """Move a layer's CUDA weights, in place, into one block of memory, as cuDNN expects them; a no-op elsewhere.

    It applies to cells whose own weights are the kernel's. Those that `kernel_weights` makes exist for one call only.
    """
    if cell.torch_kernel is None or not weights["weight_hh"].is_cuda or not set(NAMES) <= set(weights):
        return
    module = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn_tanh": torch.nn.RNN}[cell.torch_kernel]
    (_, input_size), (_, hidden_size) = weights["weight_ih"].shape, weights["weight_hh"].shape
    packed = module(input_size, hidden_size, device=weights["weight_hh"].device, dtype=weights["weight_hh"].dtype)
    for name in NAMES:
        memory = getattr(packed, f"{name}_l0").data
        weights[name].data = memory.copy_(weights[name].data)
