"""The families of cells, in the order in which they are listed: what a cell does with its past. Knows no cell."""

from __future__ import annotations

import re
from collections.abc import Mapping

from charlm.cells.cell import Cell

FAMILIES = {
    "simple": "one sum, squashed",
    "memory cells": "a memory with gates, which adds what it is given",
    "gated": "gates that mix the old state with a new one",
    "multiplicative": "inputs that choose how the past is read",
    "grid and depth": "gates between layers",
    "linear recurrence": "no sum reads the state: a step is one product and one addition for each unit",
    "matrix memory": "a memory that is a matrix, written by keys and values",
    "external memory": "a memory with places, which heads read and write",
    Cell.FAMILY: "a file of yours",
}


def year_of(cell: type[Cell]) -> int | None:
    """The year of the paper that described the cell first; None if it names none."""
    found = re.search(r"\b(19|20)\d\d\b", cell.PAPER)
    return int(found[0]) if found else None


def by_family(cells: Mapping[str, type[Cell]]) -> dict[str, dict[str, type[Cell]]]:
    """The cells by family, in the order of the families, and by year in each; of families that have any."""
    found: dict[str, dict[str, type[Cell]]] = {family: {} for family in FAMILIES}
    for name, cell in sorted(cells.items(), key=lambda item: year_of(item[1]) or 0):
        found.setdefault(cell.FAMILY, {})[name] = cell
    return {family: members for family, members in found.items() if members}
