"""The kernels that torch has for whole sequences: oneDNN for the lstm on a CPU, cuDNN for all three on CUDA.

A fast form of a cell takes what `unroll` takes and gives what it gives; a law holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from charlm.cells.arrays import Array
from charlm.cells.symbols import Symbols, vectors

if TYPE_CHECKING:
    import torch

Kernel = Literal["lstm", "gru", "rnn_tanh"]

# The order in which torch's kernels take the weights of a layer.
NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def as_they_are(weights: Mapping[str, Array]) -> Mapping[str, Array]:
    """The weights of a cell that is the kernel's own."""
    return weights


@cache
def runs_under_autocast(kernel: Kernel, dtype: torch.dtype) -> bool:
    """Whether torch can run one of its kernels on this CPU under autocast to that type, forward and backward.

    The kernel is tried on a single unit, because torch has no public question for it: oneDNN has an lstm in bf16 only
    for processors with AVX-512, and ONEDNN_MAX_CPU_ISA may forbid what the processor could do.
    """
    import torch

    gates = {"lstm": 4, "gru": 3, "rnn_tanh": 1}[kernel]
    with torch.inference_mode(False), torch.enable_grad():
        x = part = torch.zeros(1, 1, 1)
        weights = [torch.zeros(gates, *rest, requires_grad=True) for rest in ((1,), (1,), (), ())]
        try:
            with torch.autocast("cpu", dtype, cache_enabled=False):
                outputs = _run(kernel, x, (part, part) if kernel == "lstm" else (part,), weights)[0]
            torch.autograd.grad(outputs.float().sum(), weights)
        except RuntimeError:
            return False
    return True


def _run(kernel: Kernel, x: Array, layers: tuple[Array, ...], weights: list[Array]) -> Any:
    """x (T, B, I) and the parts of the state (1, B, H), for the one layer -> outputs and the parts after it."""
    import torch

    return getattr(torch, kernel)(
        x,
        layers if len(layers) > 1 else layers[0],
        weights,
        has_biases=True,
        num_layers=1,
        dropout=0.0,
        train=torch.is_grad_enabled(),
        bidirectional=False,
        batch_first=False,
    )


@dataclass(frozen=True)
class FusedForm:
    """One of torch's recurrent kernels by its name in torch, and how a cell's weights become the kernel's."""

    kernel: Kernel
    weights_of: Callable[[Mapping[str, Array]], Mapping[str, Array]] = as_they_are

    def available(self, state: Any) -> bool:
        """Whether there is a kernel for the type of numbers in use here; if not, the steps have to be repeated."""
        import torch

        from charlm.cells import compiled

        if state[0].device.type != "cpu" or not torch.is_autocast_enabled("cpu"):
            return True
        if self.kernel == "lstm" and compiled.numbers(state[0]) is not None:
            return True
        return runs_under_autocast(self.kernel, torch.get_autocast_dtype("cpu"))

    def __call__(self, weights: Mapping[str, Array], x: Array | Symbols, state: Any) -> tuple[Array, Any]:
        """x (T, B, I) or symbols, and the state before them -> outputs (T, B, H) and the state after them."""
        from charlm.cells import compiled

        kind = compiled.numbers(state[0]) if self.kernel == "lstm" else None
        if kind is not None:
            return compiled.lstm(self.weights_of(weights), x, state, kind)
        x = vectors(x)
        layers = tuple(part[None] for part in state)  # torch wants an axis for the layers of a stack
        theirs = self.weights_of(weights)
        outputs, *after = _run(self.kernel, x, layers, [theirs[name] for name in NAMES])
        return outputs, type(state)(*(part[0].to(x.dtype) for part in after))

    def pack(self, weights: Mapping[str, Array]) -> None:
        """Lay a layer's CUDA weights side by side in memory, in place, as cuDNN wants them; a no-op elsewhere."""
        if weights["weight_hh"].is_cuda and self.weights_of is as_they_are:
            import torch

            input_size, hidden_size = weights["weight_ih"].shape[1], weights["weight_hh"].shape[1]
            kind = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn_tanh": torch.nn.RNN}[self.kernel]
            packed = kind(input_size, hidden_size, device=weights["weight_hh"].device, dtype=weights["weight_hh"].dtype)
            for name in NAMES:
                place = getattr(packed, f"{name}_l0").data
                weights[name].data = place.copy_(weights[name].data)
