"""The C of all kernels that are derived from the table of cells: the text of derived.h. Knows no compiler."""

from __future__ import annotations

from collections.abc import Iterator

from charlm.cells.cell import Cell
from charlm.cells.table import CELLS, build_cell
from charlm.graphs.c_kernel import kernel_source
from charlm.graphs.stages import plan_kernel
from charlm.graphs.tracing import StepGraph, trace

DIRECTIONS = ("forward", "backward")


def kernel_name(graph: StepGraph) -> str:
    """What a graph's functions are called in C, before their direction and number type."""
    return f"cell_{graph.fingerprint()}"


def table_forms() -> Iterator[tuple[Cell, bool]]:
    """Every cell of the table, in every form that a boolean option gives it, also above a layer that it reads."""
    for name, cell_class in CELLS.items():
        options = [{}, *({key: True} for key, option in cell_class.options().items() if option.default is False)]
        for given in options:
            for below in (False, True) if cell_class.READS_BELOW else (False,):
                yield build_cell(name, given), below


def source_of(cell: Cell, below: bool) -> str:
    """The kernels of one form of a cell, and the functions that Python calls. Raises UntraceableError."""
    graph = trace(cell, below)
    name = kernel_name(graph)
    calls = [
        f"void NAME({name}_{direction}_rows)(NAME(Window) *w, Starter s, int n) "
        f"{{ run_shared(NAME({name}_{direction}), w, w->B, 1, s, n); }}"
        for direction in DIRECTIONS
    ]
    title = f"/* {type(cell).__name__}{', above a layer whose memory it reads' if below else ''} */"
    return "\n".join([title, kernel_source(name, plan_kernel(graph)), *calls, ""])


def derived_source() -> str:
    """All kernels of the table; forms with the same graph once."""
    texts = {trace(cell, below).fingerprint(): source_of(cell, below) for cell, below in table_forms()}
    return "\n".join(texts.values())
