"""A matrix memory that replaces what it holds under a key, and forgets by a gate (Yang, Kautz and Hatamizadeh 2025).

    q, k, v = silu(conv(W x))                  query, key and value of each head; conv: a sum of the last four W x
    q, k = q / (|q| sqrt(D)), k / |k|          the key has length 1
    b = sigma(w_b x)                           how much of what is held under k is replaced; twice that if `negative`
    g = exp(-exp(A) softplus(w_a x + b_a))     what of the memory is kept
    S' = g S + k (b (v - k^T g S))^T           memory (D, D): under k it now holds (1 - b) of the old, and b v
    h' = W_o (norm(q^T S') * silu(W_g x))      output; norm(y) = y / sqrt(mean y^2 + e) * (1 + s) by head

The sum has a factor for each unit and each of the four. b and g are one number for each head, e = 1e-5. What is held
under k is multiplied by g (1 - b): with `negative` this may be below zero, so that a step can turn a value into its
opposite, and a head can count modulo 2 (Grazzi et al. 2025).

Nothing reads h, so T steps are a few products of matrices and a triangular system (`chunk`). With G_t = g_1 ... g_t and
u_t = b_t (v_t - k_t^T g_t S_(t-1)), S_t = G_t S_0 + sum over s <= t of G_t / G_s k_s u_s^T; so

    u_t + sum over s < t of b_t (G_t / G_s) (k_t . k_s) u_s = b_t (v_t - G_t k_t^T S_0)

The state of a layer of N heads is N D D numbers in a row, and the last three W x of q, k and v. `weight_ih` has the
rows of q, k, v and W_g, and then N of w_b and N of w_a; `conv` has the factors of the oldest input first; `rate` is A,
`bias` b_a, `scale` s. exp(A) begins between 0 and 16, softplus(b_a) between 0.001 and 0.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from charlm.cells.arrays import (
    Array,
    arange,
    concatenate,
    cut,
    exp,
    repeat,
    running_sum,
    sigmoid,
    softplus,
    solve_lower,
    sqrt,
    transpose,
    where,
)
from charlm.cells.cell import Cell, Weights
from charlm.cells.heads import by_head, head_count, heads_first, scaled, size_problem, steps_first
from charlm.cells.initial import uniform
from charlm.cells.option import option

WIDTH = 4  # inputs that the convolution reads
LEAST = 1e-6  # what is added to a square before its root


class State(NamedTuple):
    """S, the memory (B, N D D), and past, the last three inputs of the convolution (B, 9H), the oldest first."""

    S: Array
    past: Array


@dataclass(frozen=True)
class GatedDelta(Cell):
    TITLE = "Gated delta rule"
    PAPER = "Yang, Kautz and Hatamizadeh 2025, Gated Delta Networks: Improving Mamba2 with Delta Rule"
    FAMILY = "matrix memory"
    GATES = ("keep", "replace", "output")
    STATE = State
    CHUNK = 16

    heads: int = option(
        0, "heads of the layer, each with its memory; 0: as many as make each 32 units or less", 0, 1024
    )
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
        return {"S": hidden_size * (hidden_size // heads), "past": (WIDTH - 1) * 3 * hidden_size}

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

    def step_weights(self, weights: Weights) -> Weights:
        """-exp(A) as `rate`, 1 + s as `scale`; `conv` (4, 3H)."""
        conv = weights["conv"].reshape(WIDTH, -1)
        return {**weights, "rate": -exp(weights["rate"]), "scale": 1 + weights["scale"], "conv": conv}

    def step(
        self, weights: Weights, projected: Array, state: State, below: Array | None = None
    ) -> tuple[Array, State, dict[str, Array]]:
        """(B, 4H + 2N) and the state -> output (B, H), the new state, the gates"""
        units, heads = weights["scale"].shape[-1], weights["rate"].shape[-1]
        size = units // heads
        inputs, gate, gates, g = self._parts(weights, projected)
        window = concatenate([state.past, inputs])
        read = by_head(_silu((window.reshape(-1, WIDTH, 3 * units) * weights["conv"]).sum(-2)), 3 * heads)
        keys, v = _unit(read[..., : 2 * heads, :]), read[..., 2 * heads :, :]
        q, k = keys[..., :heads, :], keys[..., heads:, :]
        b, g = self._largest * gates[..., units:, None], exp(g)
        memory = state.S.reshape(*k.shape, size)
        # q and k read the old memory in one product: q^T S' = g q^T S + (q . k) u
        held = g[..., None, None] * (concatenate([q[..., None, :], k[..., None, :]], -2) @ memory)
        added = b * (v - held[..., 1, :])
        memory = g[..., None, None] * memory + k[..., None] * added[..., None, :]
        read = held[..., 0, :] + (q * k).sum(-1)[..., None] * added
        output = self._output(weights, size**-0.5 * read, gate * gates[..., :units])
        after = State(memory.reshape(*state.S.shape), window[..., 3 * units :])
        shown = repeat(concatenate([g, gates[..., units:]]), size)
        return output, after, {"keep": shown[..., :units], "replace": shown[..., units:], "output": gates[..., :units]}

    def chunk(self, weights: Weights, projected: Array, state: State) -> tuple[Array, State]:
        """(T, B, 4H + 2N) and the state -> outputs (T, B, H), the new state"""
        units, heads = weights["scale"].shape[-1], weights["rate"].shape[-1]
        steps, rows = projected.shape[:2]
        inputs, gate, gates, log_g = self._parts(weights, projected)
        past = transpose(state.past.reshape(rows, WIDTH - 1, 3 * units), (1, 0, 2))
        inputs = concatenate([past, inputs], 0)
        mixed = sum(weights["conv"][tap] * inputs[tap : tap + steps] for tap in range(WIDTH))
        q, k, v = (heads_first(each, heads) for each in cut(_silu(mixed), (units, units, units)))
        size = q.shape[-1]
        q, k = _unit(q) * size**-0.5, _unit(k)
        memory = state.S.reshape(*q.shape[:2], size, size)
        b = transpose(self._largest * gates[..., units:], (1, 2, 0))[..., None]
        log_g = transpose(running_sum(log_g), (1, 2, 0))
        order = arange(steps, q)
        later = order[:, None] >= order
        # of what step s added, the share that is left at step t: masked before the exponential, which might overflow
        shares = exp(where(later, log_g[..., None] - log_g[..., None, :], -np.inf))  # (B, N, T, T)
        kept = exp(log_g)[..., None]
        # products first: their results lie in memory as other products take them
        likeness = where(order[:, None] > order, (k @ k.swapaxes(-1, -2)) * shares * b, 0.0)
        added = solve_lower(likeness, b * (v - kept * (k @ memory)))
        read = ((q @ k.swapaxes(-1, -2)) * shares) @ added + kept * (q @ memory)
        k = k * shares[..., -1, :, None]
        memory = kept[..., -1:, :] * memory + k.swapaxes(-1, -2) @ added
        outputs = self._output(weights, steps_first(read), gate * gates[..., :units])
        past = transpose(inputs[-3:], (1, 0, 2)).reshape(*state.past.shape)
        return outputs, State(memory.reshape(*state.S.shape), past)

    @property
    def _largest(self) -> float:
        """The number that b stays below."""
        return 2.0 if self.negative else 1.0

    def _parts(self, weights: Weights, projected: Array) -> tuple[Array, ...]:
        """The inputs of conv (..., 3H), W_g x (..., H), sigma of W_g x and w_b x (..., H + N), and ln g (..., N)."""
        units, heads = weights["scale"].shape[-1], weights["rate"].shape[-1]
        inputs, sums, decay = cut(projected, (3 * units, units + heads, heads))
        log_g = weights["rate"] * softplus(decay + weights["bias"])
        return inputs, sums[..., :units], sigmoid(sums), log_g

    def _output(self, weights: Weights, read: Array, gate: Array) -> Array:
        """What the heads read (..., N, D) and silu(W_g x) (..., H) -> output (..., H)"""
        return (scaled(read, weights["scale"]) * gate) @ weights["weight_out"].T


def _silu(x: Array) -> Array:
    return x * sigmoid(x)


def _unit(x: Array) -> Array:
    """The vectors of the last axis with length 1; a vector of zeros stays."""
    return x / sqrt((x * x).sum(-1)[..., None] + LEAST)
