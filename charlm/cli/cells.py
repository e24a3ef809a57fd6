"""`charlm cells`: the recurrent cells, and their equations."""

from __future__ import annotations

import typer

app = typer.Typer(no_args_is_help=True)

Json = typer.Option(False, "--json", help="Print one JSON object.")


@app.command("list")
def list_cells(as_json: bool = Json) -> None:
    """List the cells that a layer can be made of."""
    from charlm.cells.table import CELLS

    if as_json:
        _print_json({name: _about(name) for name in CELLS})
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
    from charlm.cells.table import find

    cell = find(name)
    if as_json:
        _print_json(_about(name, hidden_size))
        return
    about = _about(name, hidden_size)
    typer.echo((cell.__doc__ or "").strip())
    typer.echo(f"\nWeights of one layer, {hidden_size} units reading {hidden_size}: {about['parameters']:,}")
    for weight, shape in cell.shapes(hidden_size, hidden_size).items():
        typer.echo(f"  {weight:<12} {' x '.join(map(str, shape))}")
    typer.echo(f"State: {', '.join(cell.State._fields)}    Gates: {', '.join(cell.GATES) or 'none'}")
    typer.echo("Options:" if cell.OPTIONS else "Options: none")
    for option, what in cell.OPTIONS.items():
        typer.echo(f"  model.cell_options.{option}={what.default:g}   {what.about}; {what.low:g} to {what.high:g}")
    typer.echo(f"Paper: {cell.PAPER}")


def _about(name: str, hidden_size: int = 256) -> dict[str, object]:
    import math

    from charlm.cells.table import find

    cell = find(name)
    return {
        "name": name,
        "title": cell.TITLE,
        "paper": cell.PAPER,
        "equations": (cell.__doc__ or "").strip(),
        "state": list(cell.State._fields),
        "gates": list(cell.GATES),
        "options": {
            option: {"default": what.default, "low": what.low, "high": what.high, "about": what.about}
            for option, what in cell.OPTIONS.items()
        },
        "hidden_size": hidden_size,
        "parameters": sum(math.prod(shape) for shape in cell.shapes(hidden_size, hidden_size).values()),
    }


def _print_json(value: object) -> None:
    import json

    typer.echo(json.dumps(value, indent=2))
