"""`charlm inspect memory`: where the heads of an external memory look. Computes and draws nothing itself."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from charlm.cli.inspect_files import Force, Html, Npz, check_files, write_arrays, write_page
from charlm.cli.inspect_place import Prompt, Run, Text, TextOption, one_text, open_reading
from charlm.cli.inspect_subject import Picture, check_range, draw_picture
from charlm.cli.options import CellFile, Json
from charlm.display.output import print_json
from charlm.errors import UsageError

MOST = 10_000


def memory(
    run: Run = None,
    text: Text = None,
    text_option: TextOption = None,
    prompt: Prompt = None,
    length: Annotated[int, typer.Option(metavar="N", help="How many characters are read.")] = 120,
    cell_file: CellFile = None,
    as_json: Json = False,
    npz: Npz = None,
    html: Html = None,
    force: Force = False,
    picture: Picture = None,
) -> None:
    """Where the heads of an external memory read and write, character by character: the addresses of an ntm."""
    check_range("--length", length, 1, MOST)
    check_files(npz, html, force, as_json)
    import numpy as np

    from charlm.display.addresses import (
        addresses_arrays,
        addresses_json,
        addresses_page,
        plot_addresses,
        print_addresses,
    )
    from charlm.inspection.addresses import has_addresses, read_addresses

    reading = open_reading("memory", run, one_text(text, text_option), prompt)
    checkpoint, model = reading.checkpoint, reading.checkpoint.model
    if not has_addresses(model):
        what = f"{reading.name} has no memory with places: it is {checkpoint.settings.model.in_short()}"
        raise UsageError(what, "charlm inspect memory", "A cell that has one: charlm train -s model.cell=ntm")
    ids = reading.ids[:length]
    if reading.end is not None and (not len(ids) or ids[0] != reading.end):
        ids = np.concatenate([[reading.end], ids])[: length + 1].astype(np.int64)  # as a record begins in training
    if not len(ids):
        raise UsageError("There is nothing to read", reading.text, "Give a text, or some characters after --prompt.")
    heads = read_addresses(model, ids, reading.end)
    vocabulary, about = checkpoint.vocabulary, reading.about
    found: dict[str, Any] = about | addresses_json(vocabulary, ids, heads)
    if npz:
        write_arrays(npz, force, addresses_arrays(ids, heads))
    if html:
        write_page(html, force, addresses_page(about, vocabulary, ids, heads))
    if as_json:
        print_json(found)
    elif not npz and not html:
        print_addresses(about, vocabulary, ids, heads)
    draw_picture(lambda path: plot_addresses(vocabulary, ids, heads, path), [reading], picture, "memory.png")
