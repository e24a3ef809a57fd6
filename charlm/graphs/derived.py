"""The C of all kernels that are derived from cells: the texts of derived.h and derived_stream.h. Knows no compiler."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

from charlm.cells.cell import Cell
from charlm.cells.table import CELLS, build_cell
from charlm.graphs.c_kernel import kernel_source
from charlm.graphs.c_stream import stream_source
from charlm.graphs.stages import plan_kernel
from charlm.graphs.tracing import StepGraph, trace

DIRECTIONS = ("forward", "backward")


@cache
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
    calls.append(
        f"void NAME({name}_forward_part)(NAME(Window) *w, int64_t first, int64_t end) "
        f"{{ NAME({name}_forward)(w, first, end); }}"
    )
    title = f"/* {type(cell).__name__}{', above a layer whose memory it reads' if below else ''} */"
    return "\n".join([title, kernel_source(name, plan_kernel(graph)), *calls, ""])


def files(forms: Iterable[tuple[Cell, bool]]) -> dict[str, str]:
    """The kernels of these forms, those with the same graph once: the texts of the files that kernels.c includes."""
    graphs = {trace(cell, below).fingerprint(): (cell, below) for cell, below in forms}
    windows = [source_of(cell, below) for cell, below in graphs.values()]
    streams = [stream_source(kernel_name(trace(*form)), plan_kernel(trace(*form))) for form in graphs.values()]
    return {"derived.h": "\n".join(windows), "derived_stream.h": "\n".join(streams)}
