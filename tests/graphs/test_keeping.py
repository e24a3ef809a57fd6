"""What is kept suffices for the backward pass, and no value is kept that the states before and after give."""

from __future__ import annotations

import pytest
from graphs.random_cells import random_cells
from hypothesis import given, settings
from traced import TRACED

from charlm.cells.table import build_cell
from charlm.graphs.adjoints import depends_on_incoming, differentiate
from charlm.graphs.keeping import choose_kept
from charlm.graphs.nodes import has_rows, ordered
from charlm.graphs.tracing import trace


def kept(name, **options):
    return choose_kept(differentiate(trace(build_cell(name, options))))


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("rnn", []),  # 1 - h^2 from the state after
        ("lstm", ["sigmoid"] * 3 + ["tanh"]),  # the gates and the candidate; tanh(c') from the memory after
        ("gru", ["product", "sigmoid", "sigmoid", "tanh"]),
        ("mut1", ["sigmoid", "tanh"]),  # the update gate and tanh(x) are functions of what is there
        ("memory_gated", ["sigmoid"] * 3),
        *((name, []) for name in ("min_gru", "min_lstm", "rg_lru", "sru", "qrnn")),  # nothing is a product
    ],
)
def test_what_cells_keep(name, values):
    assert sorted(each.op for each in kept(name).values) == values


def check_sufficient(graph):
    gradient = differentiate(graph)
    found = choose_kept(gradient)
    there = {*found.values, *graph.after.values()}
    wanted = [*found.factors, *gradient.inputs, *(term.factor for term in gradient.vectors)]
    assert not [each for each in ordered(wanted, stop=there.__contains__) if each.op == "product" and each not in there]
    assert not depends_on_incoming(list(found.factors))
    assert all(map(has_rows, (*found.values, *found.factors)))
    assert not set(found.values) & set(graph.after.values())


@pytest.mark.parametrize("below", [False, True])
@pytest.mark.parametrize("name", TRACED)
def test_what_cells_keep_suffices(name, below):
    cell = build_cell(name, {})
    check_sufficient(trace(cell, below and cell.READS_BELOW))


@given(random_cells())
@settings(max_examples=20, deadline=None)
def test_what_random_cells_keep_suffices(cell):
    check_sufficient(trace(cell, cell.looks))
