"""A matrix memory that replaces what it holds under a key, and forgets by a gate (Yang, Kautz and Hatamizadeh 2025).

    q, k, v = silu(conv(W x))                      query, key and value of each head; conv: the last 4 inputs, unit by unit
    q, k = q / (|q| sqrt(D)), k / |k|              the key has length 1
    b = sigma(w_b x)                               how much of what is held under k is replaced; twice that if `negative`
    g = exp(-exp(A) softplus(w_a x + b_a))         what of the memory is kept
    S' = g S + k (b (v - k^T g S))^T               memory (D, D): under k it now holds (1 - b) of the old, and b v
    h' = W_o (norm(q^T S') * silu(W_g x))          output; norm(y) = y / sqrt(mean y^2 + e) * (1 + s) by head

b and g are one number for each head, e = 1e-6. Between k and k, a step multiplies the memory by g (1 - b): with
`negative` this may be below zero, so that a head can swap a value with its opposite, and count modulo 2
(Grazzi et al. 2025).

Nothing reads h, so T steps are a few products of matrices and a triangular system (`chunk`). With G_t = g_1 ... g_t and
u_t = b_t (v_t - k_t^T g_t S_(t-1)), S_t = G_t S_0 + sum over s <= t of G_t / G_s k_s u_s^T; so

    u_t + sum over s < t of b_t (G_t / G_s) (k_t . k_s) u_s = b_t (v_t - G_t k_t^T S_0)

The state of a layer of N heads is N D D numbers in a row, and the last three W x of q, k and v. `weight_ih` has the
rows of q, k, v and W_g, and then N of w_b and N of w_a; `conv` has the factors of the input, of the one before it, and
so on; `rate` is A, `bias` b_a, `scale` s. exp(A) begins between 0 and 16, softplus(b_a) between 0.001 and 0.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from charlm.cells.arrays import (
    Array,
    arange,
    concatenate,
    exp,
    repeat,
    running_sum,
    sigmoid,
    softplus,
    solve_lower,
    split,
    sqrt,
    transpose,
    where,
)
from charlm.cells.cell import Cell, Weights
from charlm.cells.heads import by_head, head_count, heads_first, heads_last, size_problem
from charlm.cells.initial import uniform
from charlm.cells.option import option

WIDTH = 4  # inputs that the convolution reads
LEAST = 1e-6  # what is added to a square before its root


class State(NamedTuple):
    """S, the memory (B, N D D), and the inputs of the convolution (B, 3H): of the last step, and of two before it."""

    S: Array
    last: Array
    second: Array
    third: Array


@dataclass(frozen=True)
class GatedDelta(Cell):
    TITLE = "Gated delta rule"
    PAPER = "Yang, Kautz and Hatamizadeh 2025, Gated Delta Networks: Improving Mamba2 with Delta Rule"
    FAMILY = "matrix memory"
    GATES = ("keep", "replace", "output")
    STATE = State
    CHUNK = 32

    heads: int = option(0, "heads of the layer, each with its memory; 0: as many as make each 32 units or less", 0, 1024)
    negative: bool = option(False, "b up to 2: what is held under a key may become its opposite, which counts modulo 2")

    def size_problem(self, hidden_size: int) -> str | None:
        return size_problem(hidden_size, self.heads)

    def shapes(self, input_size: int, hidden_size: int, below: bool = False) -> dict[str, tuple[int, ...]]:
        heads = head_count(hidden_size, self.heads)
        return {
            "weight_ih": (4 * hidden_size + 2 * heads, input_size),
            "conv": (WIDTH * 3 * hidden_size,),
            "rate": (heads,),
            "bias": (heads,),
            "scale": (hidden_size,),
            "weight_out": (hidden_size, hidden_size),
        }

    def state_widths(self, input_size: int, hidden_size: int) -> dict[str, int]:
        heads = head_count(hidden_size, self.heads)
        inputs = dict.fromkeys(("last", "second", "third"), 3 * hidden_size)
        return {"S": hidden_size * (hidden_size // heads), **inputs}

    def initial_weights(
        self, rng: np.random.Generator, input_size: int, hidden_size: int, below: bool = False
    ) -> dict[str, np.ndarray]:
        values = super().initial_weights(rng, input_size, hidden_size, below)
        heads = head_count(hidden_size, self.heads)
        values["conv"] = uniform(rng, (WIDTH * 3 * hidden_size,), WIDTH)
        values["rate"][:] = np.log(16 * (1 - rng.random(heads)))  # never the logarithm of zero
        values["bias"][:] = np.log(np.expm1(np.exp(rng.uniform(np.log(1e-3), np.log(0.1), heads))))
        return values

    def project(self, weights: Weights, x: Array) -> Array:
        """(..., I) -> (..., 4H + 2N)"""
        return x @ weights["weight_ih"].T

    def step(
        self, weights: Weights, projected: Array, state: State, below: Array | None = None
    ) -> tuple[Array, State, dict[str, Array]]:
        """(B, 4H + 2N) and the state -> output (B, H), the new state, the gates"""
        heads = weights["rate"].shape[-1]
        inputs, gate, b, log_g = self._parts(weights, projected, heads)
        first, second, third, fourth = split(weights["conv"], WIDTH)
        mixed = first * inputs + second * state.last + third * state.second + fourth * state.third
        q, k, v = (by_head(each, heads) for each in split(_silu(mixed), 3))
        size = q.shape[-1]
        q, k, g = _unit(q) * size**-0.5, _unit(k), exp(log_g)
        memory = g[..., None, None] * state.S.reshape(*k.shape, size)
        change = b[..., None] * (v - (k[..., None, :] @ memory)[..., 0, :])
        memory = memory + k[..., None] * change[..., None, :]
        output = self._output(weights, (q[..., None, :] @ memory)[..., 0, :], gate)
        after = State(memory.reshape(*state.S.shape), inputs, state.last, state.second)
        gates = {"keep": repeat(g, size), "replace": repeat(b / self._largest, size), "output": sigmoid(gate)}
        return output, after, gates

    def chunk(self, weights: Weights, projected: Array, state: State) -> tuple[Array, State]:
        """(T, B, 4H + 2N) and the state -> outputs (T, B, H), the new state"""
        steps, heads = projected.shape[0], weights["rate"].shape[-1]
        inputs, gate, b, log_g = self._parts(weights, projected, heads)
        inputs = concatenate([state.third[None], state.second[None], state.last[None], inputs], 0)
        conv = split(weights["conv"], WIDTH)
        mixed = sum(conv[past] * inputs[3 - past : 3 - past + steps] for past in range(WIDTH))
        q, k, v = (heads_first(each, heads) for each in split(_silu(mixed), 3))
        size = q.shape[-1]
        q, k = _unit(q) * size**-0.5, _unit(k)
        memory = state.S.reshape(*q.shape[:2], size, size)
        b, log_g = transpose(b, (1, 2, 0))[..., None], transpose(running_sum(log_g), (1, 2, 0))
        order = arange(steps, q)
        later = order[:, None] >= order
        # of what step s added, the share that is left at step t: masked before the exponential, which might overflow
        shares = exp(where(later, log_g[..., None] - log_g[..., None, :], -np.inf))  # (B, N, T, T)
        kept = exp(log_g)[..., None]
        likeness = where(order[:, None] > order, b * shares * (k @ k.swapaxes(-1, -2)), 0.0)
        added = solve_lower(likeness, b * (v - kept * (k @ memory)))
        read = (shares * (q @ k.swapaxes(-1, -2))) @ added + kept * (q @ memory)
        k = k * shares[..., -1, :, None]
        memory = kept[..., -1:, :] * memory + k.swapaxes(-1, -2) @ added
        outputs = self._output(weights, transpose(read, (2, 0, 1, 3)), gate)
        return outputs, State(memory.reshape(*state.S.shape), inputs[-1], inputs[-2], inputs[-3])

    @property
    def _largest(self) -> float:
        """The number that b stays below."""
        return 2.0 if self.negative else 1.0

    def _parts(self, weights: Weights, projected: Array, heads: int) -> tuple[Array, ...]:
        """The inputs of the convolution (..., 3H), W_g x (..., H), b and ln g (..., N)."""
        units = weights["scale"].shape[-1]
        b, a = split(projected[..., 4 * units :], 2)
        log_g = -exp(weights["rate"]) * softplus(a + weights["bias"])
        return projected[..., : 3 * units], projected[..., 3 * units : 4 * units], self._largest * sigmoid(b), log_g

    def _output(self, weights: Weights, read: Array, gate: Array) -> Array:
        """What the heads read (..., N, D) and W_g x (..., H) -> output (..., H)"""
        scaled = read / sqrt((read * read).sum(-1)[..., None] / read.shape[-1] + LEAST)
        return (scaled.reshape(*gate.shape) * (1 + weights["scale"]) * _silu(gate)) @ weights["weight_out"].T


def _silu(x: Array) -> Array:
    return x * sigmoid(x)


def _unit(x: Array) -> Array:
    """The vectors of the last axis with length 1; a vector of zeros stays."""
    return x / sqrt((x * x).sum(-1)[..., None] + LEAST)
