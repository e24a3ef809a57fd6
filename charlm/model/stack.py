"""The layers of a stack: their cells, their widths, which layer reads whose memory, and how they are run.

Knows no weights. Shape letters: T time, B rows, I input, H hidden.
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
from charlm.model.block import Block


@dataclass(frozen=True)
class Layer:
    """One layer. Sizes are numbers of units."""

    cell: Cell
    input_size: int  # what the cell reads
    hidden_size: int
    reads_below: bool  # it reads the memory of the layer below
    read_above: bool  # the layer above reads its memory


LayerInput = Array | Symbols  # (T, B, I); symbols for the lowest layer
# Runs a layer over a sequence: weights, input, state, memories of the layer below -> outputs, memories, new state.
Recurrence = Callable[[Layer, Weights, LayerInput, Any, Memories], tuple[Array, Memories, Any]]


def unroll_layer(
    layer: Layer, weights: Weights, x: LayerInput, state: Any, below: Memories
) -> tuple[Array, Memories, Any]:
    """The reference Recurrence: the cell's definition, one time step after another."""
    return unroll(layer.cell, weights, x, state, below)


@dataclass(frozen=True, eq=False)
class Connections:
    """What lies between the cells of a stack: blocks with their weights, one for each layer, or none."""

    residual: bool
    blocks: Sequence[tuple[Block, Weights]] = ()


def run_stack(
    layers: Sequence[Layer],
    connections: Connections,
    x: Any,
    state: Sequence[Any],
    run_layer: Callable[[int, Any, Any, Any], tuple[Array, Any, Any]],
    dropout: Callable[[Array], Array],
    seen: Callable[[Array], object] = lambda x: None,
) -> tuple[Array, list[Any]]:
    """Run the layers, the lowest first: the input of the lowest and the states -> the output of the top, new states.

    `run_layer` takes a layer's number, what its cell reads, its state and the memory of the layer below (None if the
    layer does not read it), and gives the cell's output, memory and new state. Without blocks, it may run one time step
    or many; with blocks all has an axis for time. `seen` is called with what each layer hands up.
    """
    after: list[Any] = []
    recents: list[Any] = []
    memory: Any = None
    for number, layer in enumerate(layers):
        below = memory if layer.reads_below else None
        if connections.blocks:
            block, weights = connections.blocks[number]
            recent = state[len(layers) + number] if block.remembered else None
            entered, recent = block.enter(weights, x, recent)
            output, memory, layer_state = run_layer(number, entered.read, state[number], below)
            x = block.leave(weights, x, output, entered.gate, dropout)
            recents += [] if recent is None else [recent]
        else:
            output, memory, layer_state = run_layer(number, x, state[number], below)
            x = dropout(output + x if connections.residual and number else output)
        seen(x)
        after.append(layer_state)
    return x, after + recents


def build_layers(model_settings: ModelSettings) -> tuple[Layer, ...]:
    """The layers that the settings describe, the lowest first. Raises UsageError for an unknown cell or option."""
    stack = model_settings.stack()
    cells = [build_cell(layer.cell, layer.cell_options) for layer in stack]
    gated = int(model_settings.block.gate)  # the block's products then give what the cell reads its own width
    reads = [False, *(cell.READS_BELOW for cell in cells[1:]), False]
    widths = [model_settings.embedding_width, *(layer.hidden_size for layer in stack)]
    return tuple(
        Layer(cell, widths[n + gated], widths[n + 1], reads_below=reads[n], read_above=reads[n + 1])
        for n, cell in enumerate(cells)
    )
