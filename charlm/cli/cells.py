"""`charlm cells`: lists the recurrent cells, and shows their equations."""

from __future__ import annotations

from typing import Any

import typer

from charlm.cli.completing import complete_cell
from charlm.cli.help_pages import Command, Group, examples
from charlm.cli.options import Json
from charlm.display.output import print_columns, print_json, print_page

app = typer.Typer(cls=Group, no_args_is_help=True)


@app.command("list", cls=Command, epilog=examples("charlm cells list"))
def list_cells(as_json: Json = False) -> None:
    """List the recurrent cells, by family and year."""
    from charlm.cells.families import FAMILIES, by_family
    from charlm.cells.table import CELLS

    found = by_family(CELLS)
    if as_json:
        print_json({name: _about(name) for members in found.values() for name in members})
        return
    rows: list[tuple[str, str]] = []
    for family, members in found.items():
        rows += [("", "")] * bool(rows) + [(f"{family}:", FAMILIES[family])]
        rows += [(f"  {name}", f"{cell.TITLE} ({cell.PAPER})") for name, cell in members.items()]
    print_columns(rows)


@app.command(
    "show",
    cls=Command,
    epilog=examples("charlm cells show lstm", "charlm cells show clockwork --hidden-size 240 --json"),
)
def show_cell(
    name: str = typer.Argument(
        ...,
        help="A cell; `charlm cells list` lists them. Or a file of yours, whose code then runs: mycell.py:MyCell.",
        autocompletion=complete_cell,
    ),
    hidden_size: int = typer.Option(256, min=1, help="Units of the layer whose weights are counted."),
    as_json: Json = False,
) -> None:
    """Show a cell's equations, weights, gates, options and paper."""
    from charlm.cells.naming_files import own_name
    from charlm.cells.table import find_cell

    name = own_name(name)
    find_cell(name)
    about = _about(name, hidden_size)
    if as_json:
        print_json(about)
        return
    from charlm.display.cell_page import cell_page

    print_page(cell_page(about))


def _about(name: str, hidden_size: int = 256) -> dict[str, Any]:
    import math
    from dataclasses import asdict

    from charlm.cells.families import year_of
    from charlm.cells.table import build_cell
    from charlm.config.cell_files import short_name
    from charlm.errors import UsageError

    cell = build_cell(name, {})
    if problem := cell.size_problem(hidden_size):
        raise UsageError(f"--hidden-size {problem}", f"{short_name(name)} with {hidden_size} units")
    shapes = cell.shapes(hidden_size, hidden_size, cell.READS_BELOW)
    return {
        "name": short_name(name),
        "title": cell.TITLE,
        "family": cell.FAMILY,
        "year": year_of(type(cell)),
        "paper": cell.PAPER,
        "equations": cell.equations(),
        "state": list(cell.STATE._fields),
        "gates": list(cell.GATES),
        "options": {option: asdict(what) for option, what in cell.options().items()},
        "hidden_size": hidden_size,
        "shapes": {weight: list(shape) for weight, shape in shapes.items()},
        "parameters": sum(math.prod(shape) for shape in shapes.values()),
    }
