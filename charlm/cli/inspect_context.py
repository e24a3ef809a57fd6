"""`charlm inspect context`: loss against the length of context. Computes and draws nothing itself."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from charlm.cli.inspect_files import Force, Html, Npz, check_files, write_arrays, write_page
from charlm.cli.inspect_place import Run, Text, TextOption, one_text, open_reading
from charlm.cli.inspect_subject import Picture, check_range, draw_picture
from charlm.cli.options import CellFile, Json
from charlm.display.output import print_json
from charlm.display.printing import print_stderr

FARTHEST, MOST_POSITIONS = 100_000, 100_000


def context(
    run: Run = None,
    text: Text = None,
    text_option: TextOption = None,
    longest: Annotated[int, typer.Option(metavar="N", help="The longest context, in characters.")] = 512,
    positions: Annotated[int, typer.Option(metavar="N", help="Places in the text that are predicted.")] = 1000,
    cell_file: CellFile = None,
    as_json: Json = False,
    npz: Npz = None,
    html: Html = None,
    force: Force = False,
    picture: Picture = None,
) -> None:
    """How much context a model uses: its loss after one, two, four and more characters from a fresh state."""
    from charlm.kernels.blas import limit_blas_threads

    check_range("--longest", longest, 1, FARTHEST)
    check_range("--positions", positions, 1, MOST_POSITIONS)
    check_files(npz, html, force, as_json)
    limit_blas_threads()
    from charlm.display.context import context_arrays, context_json, context_page, plot_context, print_context
    from charlm.display.waiting import Waiting
    from charlm.inspection.context import context_losses

    reading = open_reading("context", run, one_text(text, text_option))
    checkpoint = reading.checkpoint
    lengths = [2**power for power in range(longest.bit_length()) if 2**power < longest] + [longest]
    with Waiting("reading with the model"):
        found = context_losses(checkpoint.model, reading.ids, lengths, positions, reading.end)
    about: dict[str, Any] = {"run": checkpoint.run_name, "step": checkpoint.step, "text": reading.text}
    if reading.end is not None:
        print_stderr("a record is read from its beginning: with fewer characters before a place, these are all")
    if npz:
        write_arrays(npz, force, context_arrays(found))
    if html:
        write_page(html, force, context_page(about, found))
    if as_json:
        print_json(about | context_json(found))
    elif not npz and not html:
        print_context(about, found)
    draw_picture(lambda path: plot_context(checkpoint.run_name, found, path), [reading], picture, "context.png")
