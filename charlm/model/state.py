"""The state of a model as a value: a tuple with a NamedTuple of arrays for each layer. Knows no cell by name.

Every array has a row for each stream: (B, H) in layers of most cells (`Cell.state_widths`). If blocks have a
convolution, its inputs follow, an item for each layer. With attention, the past outputs are the last item.

Every function gives a new state and never changes the old one. Shape letters: B rows, H hidden.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from charlm.cells.arrays import Array, concatenate, tanh
from charlm.model.attention import no_past_outputs
from charlm.model.block import Block, RecentInputs
from charlm.model.stack import Layer

State = tuple[Any, ...]


def fresh_state(layers: Sequence[Layer], blocks: Sequence[Block], window: int, rows: int, like: Array) -> State:
    """The state before the first character: zeros with the dtype and device of `like`.

    `window` is the number of past outputs that attention reads, 0 without attention.
    """
    recurrent = tuple(layer.cell.fresh_state(rows, layer.input_size, layer.hidden_size, like) for layer in layers)
    recurrent += tuple(block.no_inputs(rows, like) for block in blocks if block.remembered)
    return (*recurrent, no_past_outputs(rows, window, layers[-1].hidden_size, like)) if window else recurrent


def map_state(state: State, change: Callable[[Array], Array]) -> State:
    """The state with `change` applied to every array."""
    return tuple(type(layer)(*(change(part) for part in layer)) for layer in state)


def reset_rows(state: State, reset: Array) -> State:
    """The state with some rows zeroed: reset (B,) is 1 for a row that starts afresh, 0 for one that continues."""
    kept = (1 - reset)[:, None]
    return map_state(state, lambda part: part * kept)


def take_rows(state: State, rows: np.ndarray) -> State:
    """A state of the given rows, in that order."""
    return map_state(state, lambda part: part[rows])


def put_rows(state: State, rows: np.ndarray, new: State) -> State:
    """The state with the given rows replaced by those of `new`, in that order."""

    def put(part: Array, new_rows: Array) -> Array:
        whole = part.copy() if isinstance(part, np.ndarray) else part.clone()
        whole[rows] = new_rows
        return whole

    return tuple(
        type(layer)(*(put(part, new_part) for part, new_part in zip(layer, other, strict=True)))
        for layer, other in zip(state, new, strict=True)
    )


def join_rows(states: Sequence[State]) -> State:
    """The rows of several states, one after the other."""
    return tuple(
        type(layers[0])(*(concatenate(parts, axis=0) for parts in zip(*layers, strict=True)))
        for layers in zip(*states, strict=True)
    )


def mean_difference(state: State, row: int, other: int) -> float:
    """How much two rows of a state differ: the mean over all values of the difference of their tanh, from 0 to 2."""
    parts = [part for layer in state for part in layer]
    return sum(float(abs(tanh(part[row]) - tanh(part[other])).mean()) for part in parts) / len(parts)


def rows_agree(state: State, other: State, tolerance: float) -> np.ndarray:
    """(B,) bool: True for each row in which no tanh of a value differs by more than the tolerance.

    Cells read their memories through a tanh: memories of 100 and of 700 both act as 1, so they count as equal. The
    inputs of a convolution are summed as they are, and so compared.
    """
    agree: Any = True
    for layer, other_layer in zip(state, other, strict=True):
        acts: Callable[[Array], Array] = _as_it_is if isinstance(layer, RecentInputs) else tanh
        for part, other_part in zip(layer, other_layer, strict=True):
            differences = abs(acts(part) - acts(other_part))
            largest = differences.max(-1) if isinstance(part, np.ndarray) else differences.amax(-1).cpu().numpy()
            agree = agree & (largest <= tolerance)
    return np.asarray(agree)


def _as_it_is(part: Array) -> Array:
    return part
