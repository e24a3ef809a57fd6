"""An lstm whose memory is a matrix: it stores values under keys, and reads them with queries (Beck et al. 2024).

    q = W_q x + b_q,  k = (W_k x + b_k) / sqrt(D),  v = W_v x + b_v        query, key and value of each head
    a = w_i x + b_i,  l = ln sigma(w_f x + b_f)       one number for each head: what is written, and what is kept
    m' = max(l + m, a)                                the larger exponent of the two, so that neither overflows
    S' = exp(l + m - m') S + exp(a - m') k v^T        memory (D, D): v is written under k
    n' = exp(l + m - m') n + exp(a - m') k            how much was written, by key
    o = sigma(W_o x + b_o)                            output gate
    h' = o * (q^T S') / (max(|q . n'|, exp(-m')) + e)   output; e = 1e-6

Nothing reads h: what a step does depends on its input alone, and the memory is linear in what is written. So T steps are
a few products of matrices (`chunk`): step t reads of what step s wrote the share exp(l_(s+1) + ... + l_t + a_s - m_t).

S and n are kept divided by exp(m). The state of a layer of N heads is N (D D + D + 1) numbers in a row. W_i and W_f
begin at zero, b_f between 3 and 6, so that at first a head forgets a twentieth at a step, and another a four-hundredth.
The rows of `weight_ih` and `bias` are those of q, k, v and o, and then N of a and N of f.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from charlm.cells.arrays import (
    Array,
    absolute,
    arange,
    exp,
    maximum,
    repeat,
    running_maximum,
    running_sum,
    sigmoid,
    softplus,
    split,
    transpose,
    where,
)
from charlm.cells.cell import Cell, Weights
from charlm.cells.heads import by_head, head_count, heads_first, heads_last, size_problem
from charlm.cells.option import option

LEAST = 1e-6  # what is added to the divisor of an output


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
    CHUNK = 32

    heads: int = option(0, "heads of the layer, each with its memory; 0: as many as make each 32 units or less", 0, 1024)

    def size_problem(self, hidden_size: int) -> str | None:
        return size_problem(hidden_size, self.heads)

    def shapes(self, input_size: int, hidden_size: int, below: bool = False) -> dict[str, tuple[int, ...]]:
        sums = 4 * hidden_size + 2 * head_count(hidden_size, self.heads)
        return {"weight_ih": (sums, input_size), "bias": (sums,)}

    def state_widths(self, input_size: int, hidden_size: int) -> dict[str, int]:
        heads = head_count(hidden_size, self.heads)
        return {"S": hidden_size * (hidden_size // heads), "n": hidden_size, "m": heads}

    def initial_weights(
        self, rng: np.random.Generator, input_size: int, hidden_size: int, below: bool = False
    ) -> dict[str, np.ndarray]:
        values = super().initial_weights(rng, input_size, hidden_size, below)
        heads = head_count(hidden_size, self.heads)
        values["weight_ih"][4 * hidden_size :] = 0
        values["bias"][4 * hidden_size :] = [*rng.normal(0, 0.1, heads), *np.linspace(3, 6, heads)]
        return values

    def step(
        self, weights: Weights, projected: Array, state: State, below: Array | None = None
    ) -> tuple[Array, State, dict[str, Array]]:
        """(B, 4H + 2N) and the state -> output (B, H), the new state, the gates"""
        heads = state.m.shape[-1]
        q, k, v, o, a, f = _parts(projected, heads)
        size = q.shape[-1] // heads
        q, k, v = by_head(q, heads), by_head(k, heads) * size**-0.5, by_head(v, heads)
        m = maximum(state.m - softplus(-f), a)
        kept, written = exp(state.m - softplus(-f) - m)[..., None], exp(a - m)[..., None]
        k = written * k
        memory = kept[..., None] * state.S.reshape(*q.shape, size) + k[..., None] * v[..., None, :]
        n = kept * by_head(state.n, heads) + k
        read = (q[..., None, :] @ memory)[..., 0, :]
        divisor = maximum(absolute((q * n).sum(-1)), exp(-m)) + LEAST
        o = sigmoid(o)
        output = o * (read / divisor[..., None]).reshape(*o.shape)
        after = State(memory.reshape(*state.S.shape), n.reshape(*o.shape), m)
        return output, after, {"forget": repeat(sigmoid(f), size), "output": o}

    def chunk(self, weights: Weights, projected: Array, state: State) -> tuple[Array, State]:
        """(T, B, 4H + 2N) and the state -> outputs (T, B, H), the new state"""
        steps, heads = projected.shape[0], state.m.shape[-1]
        q, k, v, o, a, f = _parts(projected, heads)
        q, v = heads_first(q, heads), heads_first(v, heads)
        size = q.shape[-1]
        k = heads_first(k, heads) * size**-0.5
        memory, n = state.S.reshape(*q.shape[:2], size, size), by_head(state.n, heads)
        forgotten = running_sum(-softplus(-f))  # (T, B, N): l summed up to each step
        a = a - forgotten  # with it, what is left of a step's writing at any later step differs by the later m alone
        above = maximum(running_maximum(a), state.m)  # m of each step, less what was forgotten up to it
        m = forgotten + above
        a, above, least = (transpose(each, (1, 2, 0)) for each in (a, above, exp(-m)))  # (B, N, T)
        later = arange(steps, q)[:, None] >= arange(steps, q)
        shares = exp(where(later, a[..., None, :] - above[..., None], -np.inf))  # (B, N, T, T): of step s at step t
        kept = exp(state.m[..., None] - above)[..., None]  # of the memory before the first step
        scores = shares * (q @ k.swapaxes(-1, -2))
        read = scores @ v + kept * (q @ memory)
        total = scores.sum(-1) + kept[..., 0] * (q @ n[..., None])[..., 0]
        outputs = sigmoid(o) * heads_last(read / (maximum(absolute(total), least) + LEAST)[..., None])
        k = k * shares[..., -1, :, None]
        memory = kept[..., -1:, :] * memory + k.swapaxes(-1, -2) @ v
        n = kept[..., -1, :] * n + k.sum(-2)
        return outputs, State(memory.reshape(*state.S.shape), n.reshape(*state.n.shape), m[-1])


def _parts(projected: Array, heads: int) -> tuple[Array, ...]:
    """q, k, v and o (..., H), a and f (..., N)."""
    gates = projected.shape[-1] - 2 * heads
    return *split(projected[..., :gates], 4), *split(projected[..., gates:], 2)
