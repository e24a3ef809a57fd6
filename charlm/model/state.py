"""The state of a model as a value: a tuple with a NamedTuple of arrays for each layer. Knows no cell by name.

Every array has a row for each stream: (B, H) in a layer. Where the model looks back, its ring of outputs comes last.

Every function gives a new state and leaves the old one as it was. Shape letters: B rows, H hidden.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from charlm.cells.arrays import Array, tanh, zeros
from charlm.model import attention
from charlm.model.stack import Layer

State = tuple[Any, ...]


def fresh_state(layers: Sequence[Layer], window: int, rows: int, like: Array) -> State:
    """The state before the first character: zeros of the dtype of another array and on its device.

    `window` is how many past outputs an attention looks back over, 0 for none.
    """
    recurrent = tuple(
        layer.cell.STATE(*(zeros((rows, layer.hidden_size), like) for _ in layer.cell.STATE._fields))
        for layer in layers
    )
    return (*recurrent, attention.fresh(rows, window, layers[-1].hidden_size, like)) if window else recurrent


def map_state(state: State, change: Callable[[Array], Array]) -> State:
    """The state with every array changed in the same way."""
    return tuple(type(layer)(*(change(part) for part in layer)) for layer in state)


def reset_rows(state: State, reset: Array) -> State:
    """Some rows made fresh: reset (B,) is 1 where a row starts anew and 0 where it goes on."""
    goes_on = (1 - reset)[:, None]
    return map_state(state, lambda part: part * goes_on)


def take_rows(state: State, rows: np.ndarray) -> State:
    """The rows of those numbers, in that order."""
    return map_state(state, lambda part: part[rows])


def put_rows(state: State, rows: np.ndarray, new: State) -> State:
    """The state with the rows of those numbers taken from `new`, in its order."""

    def put(part: Array, rows_of_part: Array) -> Array:
        whole = part.copy() if isinstance(part, np.ndarray) else part.clone()
        whole[rows] = rows_of_part
        return whole

    return tuple(
        type(layer)(*(put(part, fresh) for part, fresh in zip(layer, other, strict=True)))
        for layer, other in zip(state, new, strict=True)
    )


def rows_agree(state: State, other: State, tolerance: float) -> np.ndarray:
    """(B,) bool: where two states, as a network reads them, differ nowhere by more than the tolerance.

    Networks read their memories through a tanh. A memory that has counted to 100 in one state and to 700 in the other
    shows the same 1, and counts as the same here.
    """
    agree: Any = True
    for layer, other_layer in zip(state, other, strict=True):
        for part, other_part in zip(layer, other_layer, strict=True):
            differences = abs(tanh(part) - tanh(other_part))
            largest = differences.max(-1) if isinstance(part, np.ndarray) else differences.amax(-1).cpu().numpy()
            agree = agree & (largest <= tolerance)
    return np.asarray(agree)
