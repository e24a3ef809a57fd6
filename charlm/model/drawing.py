"""What a model that draws by itself is told besides its random numbers: rules, and an automaton. Knows no model.

Shape letters: N steps, B rows, S states of the automaton, V symbols.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

# The rules that need nothing but the logits. sampling/rules has their definitions, kernels/draw_rules.h the same in C.
RULES = ("temperature", "top_k", "typ_p", "top_p", "min_p")

# Some of RULES, in the order in which they apply, each with its value. A temperature is 0 (greedy) or at least 1e-200.
Rules = tuple[tuple[str, float], ...]


@dataclass(eq=False)
class Walk:
    """Rows that may draw only what an automaton allows. A model that draws moves them: the last four change.

    A row may draw a symbol that needs fewer symbols than are left, itself one of them. A row whose state is below 0 has
    ended: what it draws from then on is no part of its text, and costs nothing.
    """

    needed: NDArray[np.int32]  # (S, V)
    steps: NDArray[np.int64]  # (S, V) the state after each symbol
    states: NDArray[np.int64]  # (B,)
    left: int  # symbols that may still be drawn, at most 2^31 - 1
    written: NDArray[np.int64] = field(init=False)  # (B,) symbols that were drawn, with the one that ended the row
    bits: NDArray[np.float64] = field(init=False)  # (N, B) -log2 of the probability of all that could be drawn
