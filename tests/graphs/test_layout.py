"""Every product and every projected block has its column, and those that belong together stand side by side."""

from __future__ import annotations

import pytest
from graphs.random_cells import random_cells
from hypothesis import given, settings
from traced import TRACED

from charlm.cells.table import build_cell
from charlm.graphs.adjoints import differentiate
from charlm.graphs.layout import readings
from charlm.graphs.tracing import trace


def layout(name, **options):
    return differentiate(trace(build_cell(name, options)))


@pytest.mark.parametrize("name", TRACED)
def test_the_projected_blocks_of_every_cell_stand_side_by_side(name):
    gradient = layout(name)
    columns, count = gradient.columns(), len(gradient.projected)
    first = columns.index(gradient.projected[0])
    assert columns[first : first + count] == gradient.projected
    own = {term.column for term in gradient.vectors} - {*gradient.products.values()}
    assert {*columns[first + count :]} <= own  # behind them stand those that vectors alone have


@pytest.mark.parametrize("name", TRACED)
def test_the_products_of_every_input_stand_side_by_side(name):
    for columns in (reading.columns for reading in readings(layout(name))):
        beside = columns == tuple(range(columns[0], columns[0] + len(columns)))
        assert beside or name in (
            "gru",
            "mogrifier",
        )  # of the latter, x is read by a round, and by W after the next one


def test_the_columns_of_two_cells():
    """Of the gru, U_n h + b_u and W_n x + b_n have gradients of their own; of the lstm, sums of both share theirs."""
    (of_lstm,) = readings(layout("lstm"))
    assert of_lstm.columns == (0, 1, 2, 3)
    assert of_lstm.entries == tuple(("weight_hh", row, 0) for row in range(4))
    assert len(layout("gru").columns()) == 4
    gates, candidate = readings(layout("gru", first_form=True))
    assert (len(gates.products), len(candidate.products)) == (2, 1)
    assert candidate.source.op == "multiply"


def check_columns(gradient):
    columns = gradient.columns()
    assert len(set(columns)) == len(columns)
    for reading in readings(gradient):
        assert list(reading.columns) == sorted(reading.columns)
        for product, entry, number in zip(reading.products, reading.entries, reading.columns, strict=True):
            assert product.args == (reading.source,)
            assert product.key == entry
            assert columns[number] is gradient.products[product]
    assert {each for reading in readings(gradient) for each in reading.products} == set(gradient.products)


@given(random_cells())
@settings(max_examples=20, deadline=None)
def test_the_columns_of_random_cells(cell):
    check_columns(differentiate(trace(cell, cell.looks)))
