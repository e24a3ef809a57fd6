"""A layer run step by step, keeping its inner values: gates and the like; a text read record by record.

Shape letters: T time, B rows, I input, H hidden.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from charlm.cells.arrays import Array, stack
from charlm.cells.cell import Weights
from charlm.cells.symbols import Symbols
from charlm.cells.unroll import Memories, project_inputs, run_steps
from charlm.model.language_model import LanguageModel
from charlm.model.stack import Layer, Recurrence
from charlm.model.state import State, reset_rows

Inner = dict[str, Array]


def watch_layer(
    layer: Layer, weights: Weights, x: Array | Symbols, state: Any, below: Memories
) -> tuple[Inner, tuple[Array, Memories, Any]]:
    """Run a layer over x (T, B, I): its inner values (T, B, H) by name, and what `unroll` gives for it."""
    cell = layer.cell
    weights = cell.step_weights(weights)
    outputs, memories, inner = [], [], []
    for output, after, values in run_steps(cell, weights, project_inputs(cell, weights, x), state, below):
        state = after
        outputs.append(output)
        memories.append(getattr(state, cell.MEMORY) if cell.MEMORY else None)
        inner.append(values)
    named = {name: stack([values[name] for values in inner]) for name in inner[0]}
    return named, (stack(outputs), memories if cell.MEMORY else None, state)


def read_records(model: LanguageModel, ids: Array, state: State, recurrence: Recurrence, end: int | None) -> State:
    """Read ids (T, B) and give the state after them. With `end`, the id that ends a record, the state is fresh wherever
    a record begins, and `recurrence` is called for each step by itself."""
    if end is None:
        return model.forward(ids, state, recurrence)[1]
    for now in ids:
        ended = now == end
        like = model.parameters["head.bias"]
        reset = ended.astype(like.dtype) if isinstance(ended, np.ndarray) else ended.to(like.dtype)
        state = reset_rows(state, reset)
        _, state = model.forward(now[None], state, recurrence)
    return state
