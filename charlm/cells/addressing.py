"""Where the heads of a neural Turing machine look: from what the controller asks for to a weighting of each place.

Knows no cell. Shape letters: B rows, A heads, N places, D numbers in a place, S shifts.

A head first looks for places whose content is like its key, then decides how much of that to take instead of where it
was before, then moves along the ring of places, and then sharpens:

    like_i = (M_i . k) / (|M_i| |k| + 1e-8)                   content of place i and key, by the angle between them
    v = softmax(beta * like)
    v = g * v + (1 - g) * w                                   w: the weighting of the step before
    u_i = sum over shifts j of s_j * v_(i - j)
    w'_i = exp(gamma * ln(u_i + 1e-8)), divided by the sum of the same over all places

The last line is u ** gamma, in a form whose derivative stays finite where u is 0: that of u ** gamma does not.
"""

from __future__ import annotations

from charlm.cells.arrays import Array, lengths, log, softmax, turns

TINY = 1e-8


def weightings(
    memory: Array, keys: Array, strengths: Array, gates: Array, shifts: Array, sharpness: Array, before: Array
) -> Array:
    """The weightings (B, A, N) of all heads; each sums to 1.

    memory (B, D, N); keys (B, A, D); strengths, gates and sharpness (B, A, 1); shifts (B, A, S), which sum to 1: the
    shares of the shifts by (S - 1) / 2, ..., 0, ..., -(S - 1) / 2; before (B, A, N), the weightings of the step before.
    """
    sizes = lengths(keys)[..., None] * lengths(memory.swapaxes(-1, -2))[..., None, :]
    found = softmax(strengths * (keys @ memory / (sizes + TINY)))
    taken = before + gates * (found - before)
    moved = (shifts[..., None, :] @ turns(taken, shifts.shape[-1] // 2))[..., 0, :]
    return softmax(sharpness * log(moved + TINY))
