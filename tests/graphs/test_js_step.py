"""charlm.graphs.js_step: what the text of a step says. tests/laws/test_pages.py runs it."""

from __future__ import annotations

import re

import pytest
from traced import TRACED

from charlm.cells.table import CELLS
from charlm.graphs.js_step import js_step
from charlm.graphs.tracing import trace


@pytest.mark.parametrize("cell", TRACED)
def test_every_value_is_stored_once_and_every_matrix_read_once(cell):
    graph = trace(CELLS[cell](), CELLS[cell].READS_BELOW)
    step = js_step(graph)
    stored = re.findall(r"    k(\d+)\[u\] = ", step.source)
    assert sorted(map(int, stored)) == list(range(step.kept))
    assert re.findall(r"multiply\(l.matrices\[(\d+)\]", step.source) == [str(n) for n in range(len(step.matrices))]
    assert {*step.after} == {*graph.after}
    assert {*step.gates} == {*graph.gates}


def test_products_come_before_what_is_computed_from_them():
    """mut1 has two stages: its candidate reads what its reset gate has left."""
    source = js_step(trace(CELLS["mut1"](), False)).source
    lines = [line.strip() for line in source.splitlines()]
    first, second = (next(n for n, line in enumerate(lines) if f"l.matrices[{k}]" in line) for k in (0, 1))
    loops = [n for n, line in enumerate(lines) if line.startswith("for ")]
    assert first < loops[0] < second < loops[1]


def test_equal_steps_have_one_name():
    assert js_step(trace(CELLS["lstm"](forget_bias=2.0), False)).name == js_step(trace(CELLS["lstm"](), False)).name
