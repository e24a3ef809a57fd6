"""`charlm inspect canvas`: how a line comes into focus on the canvas of a model that paints (`train --latent draw`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from charlm.cli.inspect_files import Force
from charlm.cli.inspect_place import Run
from charlm.cli.opening import open_any
from charlm.cli.options import CellFile, Json
from charlm.cli.output_file import check_output, written_whole
from charlm.cli.ranges import SEEDS, require_within
from charlm.display.output import print_json
from charlm.display.printing import print_stderr
from charlm.errors import UsageError

if TYPE_CHECKING:
    from charlm.checkpoint import Checkpoint


def canvas(
    run: Run = None,
    line: Annotated[
        str | None, typer.Argument(help="A short line to look at. Default: one that the model makes up.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of a line that is made up.")] = 1,
    png: Annotated[str | None, typer.Option("--png", metavar="FILE", help="Draw the canvases as a picture.")] = None,
    force: Force = False,
    cell_file: CellFile = None,
    as_json: Json = False,
) -> None:
    """Show the canvas of a DRAW model after each round: the line comes into focus."""
    from charlm.cli.sample_latent import ids_of_line
    from charlm.display.canvas_rounds import canvas_json, draw_canvas, print_canvas
    from charlm.latent.canvas import canvas_by_chance, canvas_of
    from charlm.latent.draw import DrawModel

    require_within("--seed", seed, *SEEDS)
    checkpoint: Checkpoint = open_any(run, "charlm inspect canvas {run} LINE")
    if png:
        check_output(png, force)
    model = checkpoint.latent_model
    if not isinstance(model, DrawModel):
        what = f"{checkpoint.run_name} has no canvas: its latents are of kind {checkpoint.latent_kind}"
        raise UsageError(
            what, "charlm inspect canvas", "Train a model that paints: charlm train names.txt --latent draw"
        )
    end = checkpoint.record_end
    assert end is not None
    ids = None if line is None else ids_of_line(checkpoint, model, line, "charlm inspect canvas")
    found = canvas_by_chance(model, end, seed) if ids is None else canvas_of(model, ids, end)
    about: dict[str, Any] = {"run": checkpoint.run_name, "step": checkpoint.step, "line": line}
    about |= {} if line is not None else {"seed": seed}
    if png:
        with written_whole(png, force) as file:
            file.write(draw_canvas(about, checkpoint.vocabulary, found))
        print_stderr(f"drawn in {png}")
    if as_json:
        print_json(about | canvas_json(checkpoint.vocabulary, found))
    elif not png:
        print_canvas(about, checkpoint.vocabulary, found)
