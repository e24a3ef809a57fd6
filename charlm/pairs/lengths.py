"""A stack over rows of different lengths: each row stops at its own. Knows no source and no target.

Padding must not reach a state. So the rows are put in order, the longest first, and the stack runs to the end of the
shortest; the rows that go on run to the end of the next, and so on. Every stretch is a window without padding, which an
engine runs as a whole. Rows of one length are a single stretch.

Shape letters: J steps of the longest row, B rows, H units of the top layer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from charlm.cells.arrays import Array, concatenate, integers, zeros
from charlm.cells.cell import Weights
from charlm.cells.symbols import Symbols
from charlm.model.stack import Connections, Layer, Recurrence, run_stack
from charlm.model.state import State, fresh_state, join_rows, map_state, take_rows


def run_to_lengths(
    layers: Sequence[Layer],
    weights: Sequence[Weights],
    connections: Connections,
    symbols: Symbols,
    lengths: np.ndarray,
    recurrence: Recurrence,
    dropout: Callable[[Array], Array],
) -> tuple[Array, State]:
    """Symbols (J, B) and the lengths (B,), from 1 on -> outputs (J, B, H), 0 after a row's length, and the state there.

    Every row begins with a fresh state.
    """
    order = np.argsort(-lengths, kind="stable")
    sorted_lengths, in_order = lengths[order], bool((np.diff(order) > 0).all())
    ids = symbols.ids if in_order else symbols.ids[:, order]
    state = fresh_state(layers, (), 0, len(lengths), like=symbols.table)

    def run_layer(number: int, x: Any, layer_state: Any, below: Any) -> tuple[Array, Any, Any]:
        return recurrence(layers[number], weights[number], x, layer_state, below)

    outputs: list[Array] = []
    ended: list[State] = []  # the states of the rows that have ended, those of the shortest first
    at = 0
    for length in np.unique(sorted_lengths).tolist():
        window = Symbols(symbols.table, ids[at:length, : state[0][0].shape[0]])
        output, after = run_stack(layers, connections, window, state, run_layer, dropout)
        outputs.append(_with_rows(output, len(lengths)))
        going_on = int((sorted_lengths > length).sum())
        ended.append(map_state(tuple(after), lambda part: part[going_on:]))  # noqa: B023 - called at once
        state, at = map_state(tuple(after), lambda part: part[:going_on]), length  # noqa: B023
    whole = outputs[0] if len(outputs) == 1 else concatenate(outputs, axis=0)
    last = ended[0] if len(ended) == 1 else join_rows(ended[::-1])
    if in_order:
        return whole, last
    back = np.argsort(order, kind="stable")
    return whole[:, back], take_rows(last, back)


def backwards(lengths: np.ndarray, steps: int) -> np.ndarray:
    """(J, B) for each step of a row that is read from its end, the step of the row that is read; padding stays."""
    numbers = np.arange(steps)[:, None]
    return np.where(numbers < lengths, lengths - 1 - numbers, numbers)


def gather_steps(x: Array, steps: np.ndarray) -> Array:
    """x (J, B, ...) -> at (j, b) what x has at (steps[j, b], b)."""
    if (steps == steps[:, :1]).all():  # rows of one length: whole steps change places
        return x[integers(steps[:, 0], x)]
    return x[integers(steps, x), integers(np.arange(steps.shape[1])[None], x)]


def _with_rows(output: Array, rows: int) -> Array:
    """(J, n, H) with rows of zeros up to `rows`."""
    steps, have, width = output.shape
    return output if have == rows else concatenate([output, zeros((steps, rows - have, width), output)], axis=1)
