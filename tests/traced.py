"""The cells of the table whose step can be traced. The others have no graph: no kernel, no scan and no page."""

from __future__ import annotations

from charlm.cells.table import CELLS, build_cell
from charlm.graphs.tracing import trace_problem

TRACED = tuple(name for name in CELLS if trace_problem(build_cell(name, {})) is None)
