"""The C of all kernels that are derived from cells: the texts of derived.h and derived_stream.h. Knows no compiler."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

from charlm.cells.cell import Cell
from charlm.cells.table import CELLS, build_cell
from charlm.graphs.c_kernel import kernel_source
from charlm.graphs.c_pointwise import pointwise_source
from charlm.graphs.c_stream import stream_source
from charlm.graphs.stages import plan_kernel, plan_of_cell
from charlm.graphs.tracing import StepGraph, trace

DIRECTIONS = ("forward", "backward")


@cache
def kernel_name(graph: StepGraph) -> str:
    """What a graph's functions are called in C, before their direction and number type."""
    return f"cell_{graph.fingerprint()}"


def table_forms() -> Iterator[tuple[Cell, bool]]:
    """Every cell of the table that a kernel can run, in every form that one option gives it, also above a layer that it
    reads.

    Options that give forms are booleans, and whole numbers with few values.
    """
    for name, cell_class in CELLS.items():
        forms = [{key: value} for key, option in cell_class.options().items() for value in option.forms()]
        for given in ({}, *forms):
            for below in (False, True) if cell_class.READS_BELOW else (False,):
                cell = build_cell(name, given)
                if plan_of_cell(cell, below):
                    yield cell, below


def source_of(cell: Cell, below: bool) -> str:
    """The kernels of one form of a cell, and the functions that Python calls. Raises UntraceableError."""
    graph = trace(cell, below)
    name, plan = kernel_name(graph), plan_kernel(graph)
    calls = [_entries(f"{name}_{direction}", plan.mixes_units) for direction in DIRECTIONS]
    source = kernel_source(name, plan) if plan.mixes_units else pointwise_source(name, plan)
    title = f"/* {type(cell).__name__}{', above a layer whose memory it reads' if below else ''} */"
    return "\n".join([title, source, *calls, ""])


def _entries(name: str, mixes_units: bool) -> str:
    """The functions that run a direction: for some rows, for all rows on OpenMP's threads, for all units on a team.

    The threads of the second divide the rows, or where no product is in the step the units.
    """
    shared = "w, w->B, 1" if mixes_units else "w, w->H, 4 * W"
    by_units = (
        ""
        if mixes_units
        else f"""
static void NAME({name}_across)(void *window, int64_t from, int64_t to) {{
    Barrier alone = {{.threads = 1}};
    NAME({name})(window, &alone, 0, ((const NAME(Window) *)window)->B, from, to);
}}"""
    )
    work = f"NAME({name}_part)" if mixes_units else f"NAME({name}_across)"
    return f"""void NAME({name}_part)(void *window, int64_t first, int64_t end) {{
    Barrier alone = {{.threads = 1}};
    NAME({name})(window, &alone, first, end, 0, ((const NAME(Window) *)window)->H);
}}{by_units}
void NAME({name}_rows)(NAME(Window) *w, Starter s, int n) {{ run_shared({work}, {shared}, s, n); }}
static void NAME({name}_share)(void *window, Team *team, int64_t number) {{
    const NAME(Window) *w = window;
    const int64_t units = (w->H + 4 * W - 1) / (4 * W), threads = team->barrier.threads; /* a tile: 4 W */
    const Grid grid = grid_of(w->B, units, threads);
    const Bounds rows = rows_of(grid, w->B, number), own = units_of(grid, w->H, 4 * W, number);
    Load load = {{0}};
    add_load(&load, grid, w->B, units, 1);
    if (number == 0) team->barrier.idle = idle_of(&load, threads);
    NAME({name})(w, &team->barrier, rows.first, rows.end, own.first, own.end);
}}
void NAME({name}_units)(NAME(Window) *w) {{ w->contended = run_team(NAME({name}_share), w, w->threads); }}"""


def files(forms: Iterable[tuple[Cell, bool]]) -> dict[str, str]:
    """The kernels of these forms, those with the same graph once: the texts of the files that kernels.c includes."""
    graphs = {trace(cell, below).fingerprint(): (cell, below) for cell, below in forms}
    windows = [source_of(cell, below) for cell, below in graphs.values()]
    streams = [stream_source(kernel_name(trace(*form)), plan_kernel(trace(*form))) for form in graphs.values()]
    return {"derived.h": "\n".join(windows), "derived_stream.h": "\n".join(streams)}
