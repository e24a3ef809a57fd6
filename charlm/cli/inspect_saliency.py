"""`charlm inspect saliency`: which characters a prediction rests on. Computes and draws nothing itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from charlm.cli.inspect_files import Force, Html, Npz, check_files, write_arrays, write_page
from charlm.cli.inspect_place import (
    Prompt,
    Run,
    Text,
    TextOption,
    line_starts,
    one_text,
    open_reading,
    place_number,
    symbol_id,
)
from charlm.cli.inspect_subject import Subject, check_range
from charlm.cli.options import CellFile, Json
from charlm.display.output import print_json
from charlm.display.printing import print_stderr
from charlm.errors import TextError, UsageError

if TYPE_CHECKING:
    from charlm.inspection.places import Place

FARTHEST = 10_000


def saliency(
    run: Run = None,
    text: Text = None,
    text_option: TextOption = None,
    prompt: Prompt = None,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="N|LINE:COLUMN",
            help="The character of the text that is predicted: its number, from 0, or its line and column, from 1. "
            "Default: the last one.",
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            metavar="CHARACTER",
            help="The next character to explain. Default: the one in the text; after a prompt, the likeliest.",
        ),
    ] = None,
    last: Annotated[int, typer.Option(metavar="N", help="How many of the characters before it are looked at.")] = 100,
    check: Annotated[
        bool, typer.Option("--check", help="Also compare with models whose recurrent weights are shuffled.")
    ] = False,
    cell_file: CellFile = None,
    as_json: Json = False,
    npz: Npz = None,
    html: Html = None,
    force: Force = False,
) -> None:
    """Which of the last characters a prediction rests on, by gradient times input and by integrated gradients."""
    from charlm.display.saliency import print_saliency, saliency_json, saliency_page
    from charlm.display.waiting import Waiting
    from charlm.inspection.randomising import randomise
    from charlm.inspection.saliency import likeliest_after
    from charlm.inspection.saliency import saliency as maps_of

    check_range("--last", last, 1, FARTHEST)
    check_files(npz, html, force, as_json)
    reading = open_reading("saliency", run, one_text(text, text_option), prompt)
    checkpoint, model = reading.checkpoint, reading.checkpoint.model
    wanted = None if target is None else symbol_id(checkpoint, target, "--target")
    place = _place(reading, at, last, prompt is not None)
    with Waiting("computing gradients") as line:
        if wanted is None:
            wanted = likeliest_after(model, place) if place.actual is None else place.actual
        found = maps_of(model, place, wanted)
        compared = None
        if check:
            _check_checkable(len(found.ids))
            line.say("shuffling the recurrent weights")
            compared = randomise(model, place, found)
    if not found.complete:
        print_stderr(f"the sum of the integrated gradients is {found.gap:.1%} off, with {found.points:,} points")
    if check and compared is None:
        print_stderr(f"{checkpoint.run_name} has no weights named weight_hh that could be shuffled")
    about: dict[str, Any] = {"run": checkpoint.run_name, "step": checkpoint.step, "text": reading.text}
    if npz:
        arrays = {"ids": found.ids, "integrated_nats": found.integrated, "gradient_input_nats": found.gradient_input}
        write_arrays(npz, force, arrays)
    if html:
        write_page(html, force, saliency_page(about, checkpoint.vocabulary, found, compared))
    if as_json:
        print_json(about | saliency_json(checkpoint.vocabulary, found, compared))
    elif not npz and not html:
        print_saliency(about, checkpoint.vocabulary, found, compared)


def _place(reading: Subject, at: str | None, last: int, prompted: bool) -> Place:
    from charlm.inspection.places import place_in

    size = len(reading.ids)
    if prompted:
        if at is not None:
            raise UsageError("--at and --prompt cannot go together", f"--at {at}", "Leave one of them out.")
        if not size and reading.end is None:
            raise UsageError("The prompt is empty", "--prompt ''", "Give some characters that the model is to read.")
        return place_in(reading.ids, size, last, reading.end)
    first = 1 if reading.end is None else 0
    if size <= first:
        what = f"The text has {size} characters, and a prediction needs one before it"
        raise TextError(what, reading.text, "Give a longer text, or what to read after --prompt.")
    number = size - 1
    if at is not None:
        number = place_number(at, line_starts(reading), size, reading.text)
        check_range("--at", number, first, size - 1)
    return place_in(reading.ids, number, last, reading.end)


def _check_checkable(characters: int) -> None:
    if characters < 2:
        raise UsageError("--check compares an order, and one character has none", "--check", "Give a longer text.")
