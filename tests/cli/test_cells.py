"""`charlm cells` through the real command line."""

from __future__ import annotations

import json

import pytest

from charlm.cells.table import CELLS


def test_list_names_every_cell_of_the_table(charlm):
    result = charlm("cells", "list")
    assert [line.split()[0] for line in result.stdout.splitlines()] == list(CELLS)
    assert list(json.loads(charlm("cells", "list", "--json").stdout)) == list(CELLS)


@pytest.mark.parametrize("name", CELLS)
def test_show_has_equations_weights_and_paper(charlm, name):
    shown = charlm("cells", "show", name).stdout
    assert "h' =" in shown
    assert CELLS[name].PAPER in shown
    assert "weight_ih" in shown


def test_an_unknown_cell_is_a_usage_error(charlm):
    result = charlm("cells", "show", "lstn")
    assert result.returncode == 2
    assert "Did you mean lstm?" in result.stderr
