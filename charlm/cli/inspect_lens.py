"""`charlm inspect lens`: what the head makes of a lower layer. Computes and draws nothing itself."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from charlm.cli.inspect_files import Force, Html, Npz, check_files, write_arrays, write_page
from charlm.cli.inspect_place import Prompt, Run, Text, TextOption, one_text, open_reading
from charlm.cli.inspect_subject import check_range
from charlm.cli.options import CellFile, Json
from charlm.display.output import print_json
from charlm.display.printing import print_stderr
from charlm.errors import TextError, UsageError

MOST = 1_000_000
LOGITS = 1 << 26  # that are in memory: characters times symbols


def lens(
    run: Run = None,
    text: Text = None,
    text_option: TextOption = None,
    prompt: Prompt = None,
    layer: Annotated[
        int | None, typer.Option("--layer", metavar="N", help="The layer that the text is coloured by. Default: 1.")
    ] = None,
    length: Annotated[int, typer.Option(metavar="N", help="Characters to read, from the beginning.")] = 20_000,
    shown: Annotated[int, typer.Option(metavar="N", help="Characters to show, the last ones of these.")] = 400,
    cell_file: CellFile = None,
    as_json: Json = False,
    npz: Npz = None,
    html: Html = None,
    force: Force = False,
) -> None:
    """What the head makes of a lower layer: the rank and the bits of each character, layer by layer."""
    from charlm.display.lens import lens_arrays, lens_json, lens_page, print_lens
    from charlm.display.waiting import Waiting
    from charlm.inspection.lens import lens as look_through
    from charlm.inspection.text_rows import rows_of

    check_range("--length", length, 2, MOST)
    check_range("--shown", shown, 1, MOST)
    check_files(npz, html, force, as_json)
    reading = open_reading("lens", run, one_text(text, text_option), prompt)
    checkpoint = reading.checkpoint
    layers = len(checkpoint.model.layers)
    if layers == 1:
        what = f"{checkpoint.run_name} has one layer, and none below it"
        raise UsageError(what, "charlm inspect lens", "Train one with more: -s model.num_layers=2")
    if layer is not None and not 1 <= layer < layers:
        below = "layer 1 is" if layers == 2 else f"layers 1 to {layers - 1} are"
        raise UsageError(f"There is no layer {layer} below the last", f"--layer {layer}", f"Here {below} below it.")
    fewest = 2 if reading.end is None else 1
    if len(reading.ids) < fewest:
        what = f"The text has {len(reading.ids)} characters, and {fewest} are needed"
        raise TextError(what, reading.text, "Give a longer text.")
    length = min(length, max(fewest, LOGITS // checkpoint.vocabulary.size))
    ids = reading.ids[:length]
    if len(ids) < len(reading.ids):
        print_stderr(f"of {len(reading.ids):,} characters the first {length:,} are read; --length changes that")
    with Waiting("reading with the model"):
        found = look_through(checkpoint.model, rows_of(ids, reading.end))
    for line in found.missing:
        print_stderr(line)
    about: dict[str, Any] = {"run": checkpoint.run_name, "step": checkpoint.step, "text": reading.text}
    if npz:
        write_arrays(npz, force, lens_arrays(found))
    if html:
        write_page(html, force, lens_page(about, checkpoint.vocabulary, found, shown))
    if as_json:
        print_json(about | lens_json(found))
    elif not npz and not html:
        print_lens(about, checkpoint.vocabulary, found, layer or 1, shown)
