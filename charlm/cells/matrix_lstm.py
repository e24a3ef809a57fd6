"""An lstm whose memory is a matrix: it stores values under keys, and reads them with queries (Beck et al. 2024).

    q = W_q x + b_q,  k = (W_k x + b_k) / sqrt(D),  v = W_v x + b_v        query, key and value of each head
    a = w_i x + b_i,  l = ln sigma(w_f x + b_f)       one number for each head: what is written, and what is kept
    m' = max(l + m, a)                                the larger exponent of the two, so that neither overflows
    S' = exp(l + m - m') S + exp(a - m') k v^T        memory (D, D): v is written under k
    n' = exp(l + m - m') n + exp(a - m') k            how much was written, by key
    o = sigma(W_o x + b_o)                            output gate
    y = (q^T S') / (max(|q . n'|, exp(-m')) + 1e-6)    what a head reads
    h' = o * y / sqrt(mean y^2 + 1e-5) * (1 + s)      output; o * y if `plain`

Nothing reads h: what a step does depends on its input alone, and the memory is linear in what is written. So T steps
are a few products of matrices (`chunk`): of what step s wrote, step t reads the share
exp(l_(s+1) + ... + l_t + a_s - m_t).

S and n are kept divided by exp(m). The state of a layer of N heads is N (D D + D + 1) numbers in a row. W_i and W_f
begin at zero, b_f between 3 and 6, so that at first a head forgets a twentieth at a step, and another a four-hundredth.
Without the division by its mean square, y may be large where q . n is small, and a training is less even.
The rows of `weight_ih` and `bias` are those of q, k, v and o, and then N of f and N of a; `scale` is s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from charlm.cells.arrays import (
    Array,
    absolute,
    arange,
    cut,
    exp,
    maximum,
    repeat,
    running_maximum,
    running_sum,
    sigmoid,
    softplus,
    transpose,
    where,
)
from charlm.cells.cell import Cell, Weights
from charlm.cells.heads import by_head, head_count, heads_first, scaled, size_problem, steps_first
from charlm.cells.option import option

LEAST = 1e-6  # what is added to the divisor of an output
LOWEST = -60.0  # m below counts as this in the divisor, whose exponential would overflow; outputs are 0 there anyway


class State(NamedTuple):
    """S, the memory (B, N D D), n, what it holds by key (B, N D), and m, the exponent that both lack (B, N)."""

    S: Array
    n: Array
    m: Array


@dataclass(frozen=True)
class MatrixLSTM(Cell):
    TITLE = "Matrix long short-term memory"
    PAPER = "Beck et al. 2024, xLSTM: Extended Long Short-Term Memory"
    FAMILY = "matrix memory"
    GATES = ("forget", "output")
    STATE = State
    CHUNK = 16

    heads: int = option(
        0, "heads of the layer, each with its memory; 0: as many as make each 32 units or less", 0, 1024
    )
    plain: bool = option(False, "outputs as they are read, not divided by the root of the mean square of their head")

    def size_problem(self, hidden_size: int) -> str | None:
        return size_problem(hidden_size, self.heads)

    def shapes(self, input_size: int, hidden_size: int, below: bool = False) -> dict[str, tuple[int, ...]]:
        sums = 4 * hidden_size + 2 * head_count(hidden_size, self.heads)
        scale = {} if self.plain else {"scale": (hidden_size,)}
        return {"weight_ih": (sums, input_size), "bias": (sums,), **scale}

    def state_widths(self, input_size: int, hidden_size: int) -> dict[str, int]:
        heads = head_count(hidden_size, self.heads)
        return {"S": hidden_size * (hidden_size // heads), "n": hidden_size, "m": heads}

    def initial_weights(
        self, rng: np.random.Generator, input_size: int, hidden_size: int, below: bool = False
    ) -> dict[str, np.ndarray]:
        values = super().initial_weights(rng, input_size, hidden_size, below)
        heads = head_count(hidden_size, self.heads)
        values["weight_ih"][4 * hidden_size :] = 0
        values["bias"][4 * hidden_size :] = [*np.linspace(3, 6, heads), *rng.normal(0, 0.1, heads)]
        return values

    def step_weights(self, weights: Weights) -> Weights:
        """1 + s as `scale`."""
        return weights if self.plain else {**weights, "scale": 1 + weights["scale"]}

    def step(
        self, weights: Weights, projected: Array, state: State, below: Array | None = None
    ) -> tuple[Array, State, dict[str, Array]]:
        """(B, 4H + 2N) and the state -> output (B, H), the new state, the gates"""
        heads, units = state.m.shape[-1], state.n.shape[-1]
        size = units // heads
        a, f = projected[..., -heads:], projected[..., 4 * units : -heads]
        before = state.m - softplus(-f)
        m = maximum(before, a)
        kept, written = exp(before - m)[..., None], exp(a - m)[..., None]
        vectors = by_head(projected[..., : 3 * units], 3 * heads)
        q, v = vectors[..., :heads, :], vectors[..., 2 * heads :, :]
        k = (size**-0.5 * written) * vectors[..., heads : 2 * heads, :]
        memory, n = state.S.reshape(*q.shape, size), by_head(state.n, heads)
        likeness = (q * k).sum(-1)  # q reads the old memory, and what is added to it
        read = kept * (q[..., None, :] @ memory)[..., 0, :] + likeness[..., None] * v
        total = kept[..., 0] * (q * n).sum(-1) + likeness
        gates = sigmoid(projected[..., 3 * units : -heads])
        o = gates[..., :units]
        output = o * self._output(weights, read / (maximum(absolute(total), _floor(m)) + LEAST)[..., None])
        memory = kept[..., None] * memory + k[..., None] * v[..., None, :]
        after = State(memory.reshape(*state.S.shape), (kept * n + k).reshape(*state.n.shape), m)
        return output, after, {"forget": repeat(gates[..., units:], size), "output": o}

    def chunk(self, weights: Weights, projected: Array, state: State) -> tuple[Array, State]:
        """(T, B, 4H + 2N) and the state -> outputs (T, B, H), the new state"""
        steps, heads, units = projected.shape[0], state.m.shape[-1], state.n.shape[-1]
        size = units // heads
        q, k, v, o, f, a = cut(projected, (units, units, units, units, heads, heads))
        q, k, v = heads_first(q, heads), heads_first(k, heads) * size**-0.5, heads_first(v, heads)
        memory, n = state.S.reshape(*q.shape[:2], size, size), by_head(state.n, heads)
        forgotten = running_sum(-softplus(-f))  # (T, B, N): l summed up to each step
        a = a - forgotten  # with it, what is left of a step's writing at any later step differs by the later m alone
        above = maximum(running_maximum(a), state.m)  # m of each step, less what was forgotten up to it
        m = forgotten + above
        a, above, least = (transpose(each, (1, 2, 0)) for each in (a, above, _floor(m)))  # (B, N, T)
        later = arange(steps, q)[:, None] >= arange(steps, q)
        shares = exp(where(later, a[..., None, :] - above[..., None], -np.inf))  # (B, N, T, T): of step s at step t
        kept = exp(state.m[..., None] - above)[..., None]  # of the memory before the first step
        scores = (q @ k.swapaxes(-1, -2)) * shares  # in this order they lie in memory as products take them
        read = scores @ v + kept * (q @ memory)
        total = scores.sum(-1) + kept[..., 0] * (q * n[..., None, :]).sum(-1)
        read = read / (maximum(absolute(total), least) + LEAST)[..., None]
        outputs = sigmoid(o) * self._output(weights, steps_first(read))
        k = k * shares[..., -1, :, None]
        memory = kept[..., -1:, :] * memory + k.swapaxes(-1, -2) @ v
        n = kept[..., -1, :] * n + k.sum(-2)
        return outputs, State(memory.reshape(*state.S.shape), n.reshape(*state.n.shape), m[-1])

    def _output(self, weights: Weights, read: Array) -> Array:
        """What the heads read (..., N, D) -> (..., H)"""
        return read.reshape(*read.shape[:-2], -1) if self.plain else scaled(read, weights["scale"])


def _floor(m: Array) -> Array:
    """exp(-m), below which a divisor does not fall."""
    return exp(-where(m > LOWEST, m, LOWEST))
