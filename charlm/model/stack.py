"""The layers of a stack, from the settings: which cell, how wide, what it reads from below, and how a layer is run.

Holds no weights. Shape letters: T time, B rows, I input, H hidden.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from charlm.cells.arrays import Array
from charlm.cells.cell import Cell, Weights
from charlm.cells.symbols import Symbols
from charlm.cells.table import build_cell
from charlm.cells.unroll import Memories, unroll
from charlm.config.settings import ModelSettings


@dataclass(frozen=True)
class Layer:
    """One layer. Sizes are numbers of units."""

    cell: Cell
    input_size: int
    hidden_size: int
    reads_below: bool  # the memory of the layer below comes in
    read_above: bool  # the memory of this one goes up


LayerInput = Array | Symbols  # (T, B, I); symbols in the lowest layer
# A layer over a whole sequence: its weights, input, state before and memories below -> outputs, memories, state after.
Recurrence = Callable[[Layer, Weights, LayerInput, Any, Memories], tuple[Array, Memories, Any]]


def unroll_layer(
    layer: Layer, weights: Weights, x: LayerInput, state: Any, below: Memories
) -> tuple[Array, Memories, Any]:
    """The Recurrence that defines all others: one step after the other."""
    return unroll(layer.cell, weights, x, state, below)


def run_stack(
    layers: Sequence[Layer],
    residual: bool,
    x: Any,
    state: Sequence[Any],
    run_layer: Callable[[int, Any, Any, Any], tuple[Array, Any, Any]],
    dropout: Callable[[Array], Array],
) -> tuple[Array, list[Any]]:
    """Run the layers from the lowest up: the input of the lowest and the states -> the output of the top, new states.

    `run_layer` takes a layer's number, its input, its state and the memory below it (None unless it reads it), and
    gives the layer's output, its memory and its new state. What time steps it runs is its own affair.
    """
    after, memory = [], None
    for number, layer in enumerate(layers):
        output, memory, layer_state = run_layer(number, x, state[number], memory if layer.reads_below else None)
        x = dropout(output + x if residual and number else output)
        after.append(layer_state)
    return x, after


def layers(settings: ModelSettings) -> tuple[Layer, ...]:
    """From the lowest up. Raises UsageError for a cell or an option that does not exist."""
    stack = settings.stack()
    cells = [build_cell(layer.cell, layer.cell_options) for layer in stack]
    reads = [False, *(cell.READS_BELOW for cell in cells[1:]), False]
    widths = [settings.embedding_dim or settings.hidden_size, *(layer.hidden_size for layer in stack)]
    return tuple(
        Layer(cell, widths[n], widths[n + 1], reads_below=reads[n], read_above=reads[n + 1])
        for n, cell in enumerate(cells)
    )
