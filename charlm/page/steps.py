"""The step of a layer in JavaScript, with what the page must hold for it: from the trace of its cell. Knows no HTML.

Shape letters: H hidden.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from charlm.errors import UsageError
from charlm.graphs.js_step import JsStep, js_step
from charlm.graphs.layout import matrix_block, vector_block
from charlm.graphs.refusing import UntraceableError
from charlm.graphs.tracing import trace
from charlm.model.stack import Layer

Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class PageStep:
    """A function (multiply, l), and what its layer `l` has beside the projected input and the state.

    `matrices` are what it multiplies with, `vectors` one array of all weights with one axis. `kept` are the sizes of
    the arrays that it fills; the output and each inner value that can be shown, H numbers each, are those of these
    numbers. `options` are numbers by name.
    """

    name: str
    source: str
    matrices: tuple[np.ndarray, ...]
    vectors: np.ndarray
    kept: tuple[int, ...]
    output: int
    values: dict[str, int]
    options: dict[str, int] = field(default_factory=dict)


def traced_step(layer: Layer, read: Arrays, number: int) -> PageStep:
    """The step from its trace; `read` are the weights of `step_weights`, `number` is that of the layer, the lowest 0.

    Raises UsageError if it cannot be traced.
    """
    try:
        step = js_step(trace(layer.cell, layer.reads_below))
    except UntraceableError as error:
        raise UsageError(
            f"The cell {type(layer.cell).__name__} cannot be written in JavaScript: its step has {error}",
            f"layer {number + 1} of the model",
            "A page needs a cell with a number of its state for each unit, and a step of the operations that "
            "charlm/cells/arrays.py names. `charlm sample` and `charlm serve` run any cell.",
        ) from None
    H = layer.hidden_size
    return PageStep(
        step.name,
        step.source,
        tuple(np.concatenate([matrix_block(read, entry, H) for entry in blocks]) for blocks in step.matrices),
        np.concatenate([np.zeros(0), *(vector_block(read, leaf, H) for leaf in step.vectors)]),
        (H,) * step.kept,
        step.output,
        _shown(step),
    )


def _shown(step: JsStep) -> dict[str, int]:
    """Each inner value by the name that it has in inspection/value_names.py: the state, the output unless it is a part
    of that, gates."""
    output = {} if step.output in step.after.values() else {"out": step.output}
    return {**step.after, **output, **step.gates}
