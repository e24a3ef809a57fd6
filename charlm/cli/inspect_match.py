"""`charlm inspect match`: where else in a text the same units are on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from charlm.cli.inspect_files import Force, Html, Npz, check_one_form, write_arrays, write_page
from charlm.cli.inspect_place import place_number
from charlm.cli.inspected_text import LayerOption, Run, Text, ValueOption, open_inspected
from charlm.cli.options import CellFile, Json
from charlm.display.output import print_json, print_table
from charlm.display.printing import print_stderr
from charlm.errors import TextError, UsageError

if TYPE_CHECKING:
    from charlm.display.passages import Passage
    from charlm.display.value_text import ValueText

COMMAND = "charlm inspect match"
LONGEST = 500  # characters of a selection

Top = Annotated[int, typer.Option(min=1, max=1000, metavar="N", help="How many to list.")]


def match(
    run: Run = None,
    text: Text = None,
    phrase: Annotated[str | None, typer.Option(help="Select the first place in the text that has this.")] = None,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="N|LINE:COLUMN",
            help="Select from there on instead: a character's number, from 0, or its line and column, from 1.",
        ),
    ] = None,
    length: Annotated[int, typer.Option("--length", "-n", min=1, max=LONGEST, help="Characters from --at on.")] = 10,
    layer: LayerOption = None,
    value: ValueOption = None,
    top: Top = 20,
    html: Html = None,
    npz: Npz = None,
    force: Force = False,
    cell_file: CellFile = None,
    as_json: Json = False,
) -> None:
    """Find where else the units are on that are on through a selection of the text.

    A unit is on where it is above its own 90th percentile. The score of a place is the share of these units that are on
    there, through as many characters.
    """
    if (phrase is None) == (at is None) or phrase == "":
        raise UsageError("What is selected?", COMMAND, "Give --phrase TEXT or --at LINE:COLUMN.")
    check_one_form(COMMAND, npz, html, force, as_json)
    from charlm.display.passages import passage, passage_rows, passages_page
    from charlm.display.waiting import Waiting
    from charlm.inspection.matching import OnBits, find_matches

    found = open_inspected(COMMAND, run, text, layer, value)
    shown = found.pieces
    if phrase:
        first, stop = _phrase(shown, phrase, found.text)
    else:
        first = place_number(str(at), shown.line_starts, len(shown), found.text)
        stop = min(first + length, len(shown))
    places = shown.places
    with Waiting("comparing"):
        on = OnBits.kept(found.recorded)
        units = on.units_on(int(places[first]), int(places[stop - 1]) + 1)
        if not len(units):
            what = f"No unit is on through all {stop - first} characters of the selection"
            raise TextError(what, repr("".join(shown.pieces[first:stop]))[:100], "Select fewer characters.")
        matches = find_matches(on, units, int(places[first]), int(places[stop - 1]) + 1, top)
    names = [str(found.recorded.units[number]) for number in units.tolist()]
    asked = passage(shown.pieces, _line(shown, first), first, stop, 1.0)
    passages = []
    for one in matches:
        begin, end = (int(n) for n in places.searchsorted([one.first, one.stop]))
        passages.append(passage(shown.pieces, _line(shown, begin), begin, max(end, begin + 1), one.score))
    said = f"{len(units)} units are on through it: {', '.join(names[:12])}{' ...' if len(names) > 12 else ''}"
    if npz:
        import numpy as np

        scores, firsts = np.array([one.score for one in matches]), np.array([one.first for one in matches])
        write_arrays(npz, force, {"places": firsts, "scores": scores, "units": np.array(names)})
    if html:
        page = passages_page(f"Where the same units are on, {found.name}", f"{found.text}. {said}", asked, passages)
        write_page(html, force, page)
    elif as_json:
        print_json(
            found.about | {"selected": passage_json(asked), "units": names, "matches": [*map(passage_json, passages)]}
        )
    elif not npz:
        print_table(passage_rows([asked, *passages]), keys=2, right=("line", "score"))
        print_stderr(f"the first row is the selection; {said}")


def passage_json(one: Passage) -> dict[str, Any]:
    """A passage as values."""
    return {"line": one.line, "score": one.score, "before": one.before, "text": one.found, "after": one.after}


def _line(shown: ValueText, piece: int) -> int:
    return int(shown.line_starts.searchsorted(piece, side="right"))


def _phrase(shown: ValueText, phrase: str, name: str) -> tuple[int, int]:
    """The first place of the phrase, as numbers of pieces."""
    if len(phrase) > LONGEST:
        raise UsageError(f"The phrase has {len(phrase):,} characters", "--phrase", f"Give at most {LONGEST}.")
    offset = shown.text.find(phrase)
    if offset < 0:
        raise TextError(f"The text does not have {phrase!r}", name, "Give a phrase that it has, or --at LINE:COLUMN.")
    return shown.piece_at(offset), shown.piece_at(offset + len(phrase) - 1) + 1
