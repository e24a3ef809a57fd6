"""`charlm cells`: the recurrent cells, and their equations."""

from __future__ import annotations

from typing import Any

import typer

from charlm.display.output import print_json

app = typer.Typer(no_args_is_help=True)

Json = typer.Option(False, "--json", help="Print one JSON object.")


@app.command("list")
def list_cells(as_json: bool = Json) -> None:
    """List the cells that a layer can be made of."""
    from charlm.cells.table import CELLS

    if as_json:
        print_json({name: _about(name) for name in CELLS})
        return
    width = max(map(len, CELLS))
    for name, cell in CELLS.items():
        typer.echo(f"{name:<{width}}  {cell.TITLE} ({cell.PAPER})")


@app.command("show")
def show_cell(
    name: str = typer.Argument(..., help="A cell, as `charlm cells list` names it."),
    hidden_size: int = typer.Option(256, min=1, help="Units, for the number of weights."),
    as_json: bool = Json,
) -> None:
    """Show a cell's equations, weights, gates, options and paper."""
    from charlm.cells.table import find_cell

    find_cell(name)
    about = _about(name, hidden_size)
    if as_json:
        print_json(about)
        return
    typer.echo(about["equations"])
    typer.echo(f"\nWeights of one layer, {hidden_size} units reading {hidden_size}: {about['parameters']:,}")
    for weight, shape in about["shapes"].items():
        typer.echo(f"  {weight:<12} {' x '.join(map(str, shape))}")
    typer.echo(f"State: {', '.join(about['state'])}    Gates: {', '.join(about['gates']) or 'none'}")
    typer.echo("Options:" if about["options"] else "Options: none")
    for option, what in about["options"].items():
        value, choice = str(what["default"]).lower(), f"{what['low']:g} to {what['high']:g}"
        if isinstance(what["default"], bool):
            choice = "true or false"
        typer.echo(f"  model.cell_options.{option}={value}   {what['about']}; {choice}")
    typer.echo(f"Paper: {about['paper']}")


def _about(name: str, hidden_size: int = 256) -> dict[str, Any]:
    import math
    from dataclasses import asdict

    from charlm.cells.table import build_cell
    from charlm.errors import UsageError

    cell = build_cell(name, {})
    if problem := cell.size_problem(hidden_size):
        raise UsageError(f"--hidden-size {problem}", f"{name} with {hidden_size} units")
    shapes = cell.shapes(hidden_size, hidden_size, cell.READS_BELOW)
    return {
        "name": name,
        "title": cell.TITLE,
        "paper": cell.PAPER,
        "equations": cell.equations(),
        "state": list(cell.STATE._fields),
        "gates": list(cell.GATES),
        "options": {option: asdict(what) for option, what in cell.options().items()},
        "hidden_size": hidden_size,
        "shapes": {weight: list(shape) for weight, shape in shapes.items()},
        "parameters": sum(math.prod(shape) for shape in shapes.values()),
    }
