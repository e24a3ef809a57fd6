"""What a stack may put around the cell of each layer: a norm, a convolution, a gate, and a small network after it.

With x the layer's input (I,) and every option on, `model.residual` too:

    u = x / sqrt(mean(x * x) + 1e-6) * (1 + s)       norm: of what a part of the block reads
    a, g = W_in u                                    gate: two products, (H,) each
    k = sum_j w_j * a_(t-j), j = 0 ... conv - 1      conv: of each unit with its own last values
    y = x + W_out (cell(k) * gelu(g))                gate
    v = norm of y
    b, d = W_mlp_in v                                mlp: (mlp H,) each
    out = y + W_mlp_out (gelu(b) * d)                mlp

Without `gate`, the cell reads and writes the stream itself: k is of u, and y = x + cell(k). Without `conv`, k = a;
without `mlp`, out = y; without `norm`, u = x and v = y. Without residual connections nothing is added to x or to y.
With them, the lowest layer adds the embedding too, unlike in a stack without blocks, and W_out and W_mlp_out start at
1 / sqrt(2 layers) of the usual, as in Radford et al. 2019, so that the sum over all layers does not grow with their
number. The gate and the network are those of Griffin (De et al. 2024); the gated network is Shazeer's (2020), and the
norm Zhang and Sennrich's (2019). `gelu` is in its form by a tanh (Hendrycks and Gimpel 2016), which numpy, torch and
JavaScript compute alike; the C of the kernels writes it by a sigmoid, which is the same number.

s, the convolution and all matrices are learned; there are no biases, as the cell has its own. The convolution starts as
k = a. Its last conv - 1 inputs are part of the state. What the layers read of each other's memories does not change.
Knows no cell and no engine. Shape letters: T time, B rows, I input, H hidden, W width of what the cell reads.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from charlm.cells.arrays import Array, concatenate, gelu, halves, lookup, rms_norm, transpose, zeros
from charlm.cells.initial import uniform
from charlm.cells.symbols import Symbols, distinct_inputs, embed
from charlm.config.settings import ModelSettings

Weights = Mapping[str, Array]


class RecentInputs(NamedTuple):
    """The last conv - 1 inputs of a convolution, (B, (conv - 1) * W), the oldest first.

    Checkpoints name arrays after this field.
    """

    inputs: Array


class Entered(NamedTuple):
    """What the cell of a layer reads, (T, B, W) or symbols, and what its output is multiplied with; None: nothing."""

    read: Array | Symbols
    gate: Array | None


@dataclass(frozen=True)
class Block:
    """What surrounds the cell of one layer."""

    norm: bool
    conv: int  # inputs that it reaches over; 0: none
    gate: bool
    mlp: int  # its inner width, in multiples of H; 0: none
    residual: bool
    layers: int  # of the whole stack
    input_size: int  # of the layer, I
    hidden_size: int

    @property
    def width(self) -> int:
        """The numbers that the cell reads."""
        return self.hidden_size if self.gate else self.input_size

    @property
    def remembered(self) -> int:
        """The numbers of the block's own state."""
        return max(0, self.conv - 1) * self.width

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each weight, by name, in the order of their use."""
        H, inner = self.hidden_size, self.mlp * self.hidden_size
        named: dict[str, tuple[int, ...]] = {"norm": (self.input_size,)} if self.norm else {}
        if self.gate:
            named["in"] = (2 * H, self.input_size)
        if self.conv:
            named["conv"] = (self.conv, self.width)
        if self.gate:
            named["out"] = (H, H)
        if self.mlp:
            named |= {"mlp_norm": (H,)} if self.norm else {}
            named |= {"mlp_in": (2 * inner, H), "mlp_out": (H, inner)}
        return named

    def initial_weights(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Weights to start from, float32."""
        return {name: self._initial(rng, name, shape) for name, shape in self.shapes().items()}

    def _initial(self, rng: np.random.Generator, name: str, shape: tuple[int, ...]) -> np.ndarray:
        if len(shape) == 1:
            return np.zeros(shape, np.float32)
        if name == "conv":
            return np.eye(1, self.conv, self.conv - 1, dtype=np.float32).T * np.ones(shape, np.float32)
        scale = (2 * self.layers) ** -0.5 if self.residual and name.endswith("out") else 1
        return uniform(rng, shape, shape[1]) * np.float32(scale)

    def no_inputs(self, rows: int, like: Array) -> RecentInputs:
        """The state before the first character, with the dtype and device of `like`."""
        return RecentInputs(zeros((rows, self.remembered), like))

    def enter(
        self, weights: Weights, x: Array | Symbols, recent: RecentInputs | None
    ) -> tuple[Entered, RecentInputs | None]:
        """The layer's input (T, B, I), or symbols, and the inputs before it -> what the cell reads, the new inputs."""
        # There are only V symbols: what does not reach over time is computed once for each and looked up.
        u, ids = distinct_inputs(x)
        gate = None
        if self.norm:
            u = rms_norm(u, 1 + weights["norm"])
        if self.gate:
            u, gate = halves(u @ weights["in"].T)
            gate = gelu(gate) if ids is None else lookup(gelu(gate), ids)
        if self.conv:
            u, recent = convolve(weights["conv"], u if ids is None else lookup(u, ids), recent)
        elif ids is not None:
            return Entered(Symbols(u, ids), gate), recent
        return Entered(u, gate), recent

    def leave(
        self, weights: Weights, x: Array | Symbols, output: Array, gate: Array | None, dropout: Callable[[Array], Array]
    ) -> Array:
        """The layer's input, the cell's output (T, B, H) and the gate -> what the layer hands up (T, B, H).

        `dropout` is for what a part of the block adds.
        """
        if gate is not None:
            output = (output * gate) @ weights["out"].T
        y = dropout(output)
        if self.residual:
            y = embed(x) + y
        if not self.mlp:
            return y
        v = rms_norm(y, 1 + weights["mlp_norm"]) if self.norm else y
        b, d = halves(v @ weights["mlp_in"].T)
        added = dropout((gelu(b) * d) @ weights["mlp_out"].T)
        return y + added if self.residual else added


def convolve(weights: Array, x: Array, recent: RecentInputs | None) -> tuple[Array, RecentInputs | None]:
    """x (T, B, W) and the inputs before it, by weights (conv, W), the last for now -> (T, B, W) and the new inputs.

    Written as a sum of products with the inputs moved in time: T is their first axis, so each is a slice.
    """
    steps, rows, width = x.shape
    reach = len(weights) - 1
    if recent is None or not reach:
        return x * weights[reach], recent
    before = transpose(recent.inputs.reshape(rows, reach, width), (1, 0, 2))
    whole = concatenate([before, x], axis=0)  # (reach + T, B, W)
    total = x * weights[reach]
    for moved in range(reach):
        total = total + whole[moved : moved + steps] * weights[moved]
    return total, RecentInputs(transpose(whole[steps:], (1, 0, 2)).reshape(rows, reach * width))


def build_blocks(model_settings: ModelSettings) -> tuple[Block, ...]:
    """The blocks of the layers, the lowest first; none at all if no option is on."""
    options = model_settings.block
    if not options.there:
        return ()
    widths = [model_settings.embedding_width, *(layer.hidden_size for layer in model_settings.stack())]
    return tuple(
        Block(
            norm=bool(options.norm),
            conv=options.conv,
            gate=options.gate,
            mlp=options.mlp,
            residual=model_settings.residual,
            layers=len(widths) - 1,
            input_size=below,
            hidden_size=width,
        )
        for below, width in itertools.pairwise(widths)
    )
