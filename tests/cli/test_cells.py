"""`charlm cells` through the real command line."""

from __future__ import annotations

import json

import pytest

from charlm.cells.families import FAMILIES
from charlm.cells.table import CELLS


def test_list_names_every_cell_of_the_table_by_family_and_year(charlm):
    listed = charlm("cells", "list").stdout.splitlines()
    cells = json.loads(charlm("cells", "list", "--json").stdout)
    assert [line.split()[0] for line in listed if line.startswith("  ")] == list(cells)
    assert set(cells) == set(CELLS)
    families = [line.split(":")[0] for line in listed if line and not line.startswith(" ")]
    assert families == [family for family in FAMILIES if family in families]
    places = [(families.index(about["family"]), about["year"]) for about in cells.values()]
    assert places == sorted(places)


@pytest.mark.parametrize("name", CELLS)
def test_show_has_equations_weights_and_paper(charlm, name):
    shown = charlm("cells", "show", name).stdout
    assert "h' =" in shown
    assert CELLS[name].PAPER in shown
    assert f"Family: {CELLS[name].FAMILY} " in shown
    assert all(f"  {weight} " in shown for weight in CELLS[name]().shapes(256, 256))


def test_an_unknown_cell_is_a_usage_error(charlm):
    result = charlm("cells", "show", "lstn")
    assert result.returncode == 2
    assert "Did you mean lstm?" in result.stderr
