"""What runs a cell that charlm's library lacks on a CPU, in words: compiled, or slower and why. Knows no model."""

from __future__ import annotations

from charlm.cells.cell import Cell
from charlm.engines.own_library import own_library
from charlm.engines.window_arrays import takes_width
from charlm.graphs.derived import kernel_name
from charlm.graphs.refusing import UntraceableError
from charlm.graphs.stages import plan_kernel
from charlm.graphs.tracing import trace, trace_problem
from charlm.kernels import library


def own_kernel_notes(cell: Cell, below: bool, units: int) -> list[str]:
    """Compile the cell's kernel if it is not there, and say how long it took, or why the cell runs without."""
    name = type(cell).__name__
    if trace_problem(cell, below):
        return []  # it runs as its definition, which choosing.py says for cells of any kind
    try:
        plan = plan_kernel(trace(cell, below))
    except UntraceableError as error:
        return [f"{name} is not compiled, and slower: a kernel cannot have {error}"]
    if not takes_width(plan, units):
        return [f"{name} is compiled only for an even number of units: in a unit of zeros, a value is not finite"]
    built = library()
    if built is not None and hasattr(built, f"{kernel_name(plan.graph)}_forward_rows_fp32"):
        return []
    own = own_library(cell, below)
    if own.library is None:
        return [f"{name} is not compiled, and slower: {own.problem}"]
    return [] if own.seconds is None else [f"compiled {name} in {own.seconds:.1f} s"]
