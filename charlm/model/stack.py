"""The layers of a stack, from the settings: which cell, how wide, what it reads from below. Knows no weights."""

from __future__ import annotations

from dataclasses import dataclass

from charlm.cells.cell import Cell
from charlm.cells.table import build
from charlm.config.settings import ModelSettings


@dataclass(frozen=True)
class Layer:
    """One layer. Sizes are numbers of units."""

    cell: Cell
    input_size: int
    hidden_size: int
    reads_below: bool  # the memory of the layer below comes in
    read_above: bool  # the memory of this one goes up


def layers(settings: ModelSettings) -> tuple[Layer, ...]:
    """From the lowest up. Raises UsageError for a cell or an option that does not exist."""
    stack = settings.stack()
    cells = [build(layer.cell, layer.cell_options) for layer in stack]
    reads = [False, *(cell.READS_BELOW for cell in cells[1:]), False]
    widths = [settings.embedding_dim or settings.hidden_size, *(layer.hidden_size for layer in stack)]
    return tuple(
        Layer(cell, widths[n], widths[n + 1], reads_below=reads[n], read_above=reads[n + 1])
        for n, cell in enumerate(cells)
    )
