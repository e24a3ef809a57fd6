"""`charlm inspect states`: the inner values of a model over a text. Opens the model; computes and draws nothing."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from charlm.cli.inspect_files import Force, Html, Npz, check_one_form, write_arrays, write_page
from charlm.cli.inspected_text import LayerOption, Run, Text, ValueOption, open_inspected
from charlm.cli.options import CellFile, Json
from charlm.display.output import print_json, print_table
from charlm.display.printing import is_terminal, print_stderr
from charlm.errors import UsageError

if TYPE_CHECKING:
    from charlm.cli.inspected_text import Inspected
    from charlm.display.value_text import ValueText
    from charlm.inspection.value_names import Unit

COMMAND = "charlm inspect states"
LONGEST_TABLE = 10_000  # units

UnitOption = Annotated[
    list[str] | None,
    typer.Option(
        "--unit", metavar="LAYER:N", help="Show the text by this unit, such as 2:17; counted from 0. Can be repeated."
    ),
]


def states(
    run: Run = None,
    text: Text = None,
    unit: UnitOption = None,
    layer: LayerOption = None,
    value: ValueOption = None,
    start: Annotated[int, typer.Option("--from", min=1, metavar="LINE", help="The first line to show.")] = 1,
    lines: Annotated[
        int | None,
        typer.Option(min=1, max=100_000, metavar="N", help="How many lines to show. Default: 40; on a page 400."),
    ] = None,
    top: Annotated[int, typer.Option(min=1, max=LONGEST_TABLE, metavar="N", help="Units in the table or page.")] = 64,
    table: Annotated[bool, typer.Option("--table", help="List the units, those that vary most first.")] = False,
    by: Annotated[
        str | None,
        typer.Option(
            "--by", metavar="NAME|'NAME=REGEX'", help="Put those units first that track a property best, as in cells."
        ),
    ] = None,
    html: Html = None,
    npz: Npz = None,
    force: Force = False,
    cell_file: CellFile = None,
    as_json: Json = False,
    forget: Annotated[bool, typer.Option("--forget", help="Remove all values that charlm keeps, and end.")] = False,
) -> None:
    """Show a text by the inner values of a model: state, memory and gates of each unit.

    On a terminal it opens a browser: arrows move, Tab goes to the next unit, / searches, ? explains. The values are
    kept in charlm's cache (CHARLM_CACHE), at most 8 GiB (CHARLM_VALUES), so that the next look is quick.
    """
    if forget:
        from charlm.inspection.value_files import remove_all, values_folder

        print_stderr(f"{remove_all():,} bytes removed from {values_folder()}")
        return
    check_one_form(COMMAND, npz, html, force, as_json)
    from charlm.display.value_terminal import by_deviation
    from charlm.inspection.value_names import units_named, units_of

    found = open_inspected(COMMAND, run, text, layer, value)
    order = _by_property(found, by) if by else by_deviation(found.recorded)
    chosen = units_named(unit, units_of(found.recorded.values)) if unit else []
    if npz:
        from charlm.inspection.value_arrays import value_arrays

        write_arrays(npz, force, value_arrays(found.recorded, found.ids, found.checkpoint.vocabulary))
    if html:
        shown = _lines(found, start, lines or 400)
        _write_page(found, shown, chosen, order, top, html, force)
    elif as_json:
        _print_json(found, _lines(found, start, lines or 40), chosen, order[:top])
    elif chosen:
        _print_text(found, _lines(found, start, lines or 40), chosen)
    elif table or (not npz and not (is_terminal(sys.stdin) and is_terminal(sys.stdout))):
        from charlm.display.value_terminal import unit_rows

        rows = unit_rows(found.recorded, order, top)
        print_table(rows, keys=1, right=rows[0][1:])
        print_stderr(f"of {len(found.recorded.units):,} units; {COMMAND} {found.name} --unit {rows[1][0]} shows a text")
    elif not npz:
        from charlm.display.value_browser import Browsed, browse

        of = found.shown
        browse(Browsed(of.model, of.vocabulary, of.recorded, of.ids, found.pieces, found.name, order, of.gates, of.end))


def _by_property(found: Inspected, by: str) -> list[int]:
    """The columns of the units, those that track a property best first. Raises TextError if that cannot be said."""
    from charlm.display.waiting import Waiting
    from charlm.errors import TextError
    from charlm.inspection.finder import LEAST, find_units
    from charlm.inspection.probes import chosen_probes

    probes, shown = chosen_probes([by]), found.pieces
    if len(shown.rows) < 2 * LEAST:
        raise TextError(f"A text for --by needs {2 * LEAST:,} characters", found.text, "Give a longer text.")
    with Waiting("comparing"):
        (result,) = find_units(found.recorded, shown.text, shown.rows, probes)
    if result.problem:
        raise TextError(f"{by}: {result.problem}", found.text, "Give another property, or another text.")
    first = [found.recorded.units.index(one.unit) for one in result.units]
    if not first:
        print_stderr(f"no unit tracks {result.probe.name} better than chance")
    known = set(first)
    return first + [number for number in range(len(found.recorded.units)) if number not in known]


def _lines(found: Inspected, start: int, lines: int) -> ValueText:
    """Some lines of the text. Raises UsageError if it has fewer."""
    text = found.pieces
    starts = text.line_starts
    if start > len(starts):
        raise UsageError(f"There is no line {start:,}", f"the text has {len(starts):,} lines", "Give a smaller --from.")
    last = start - 1 + lines
    return text.part(int(starts[start - 1]), int(starts[last]) if last < len(starts) else len(text))


def _print_text(found: Inspected, shown: ValueText, chosen: list[Unit]) -> None:
    from charlm.display.value_scale import Scale
    from charlm.display.value_terminal import print_values

    for one in chosen:
        column = found.recorded.column(one)
        name = f"unit {one}, {found.value_of(one)}"
        print_values(shown, column[shown.places], Scale.of(column, found.is_gate(one)), name)


def _print_json(found: Inspected, shown: ValueText, chosen: list[Unit], order: list[int]) -> None:
    from charlm.display.value_terminal import column_of

    mean, deviation = found.recorded.moments
    numbers = [column_of(found.recorded, one) for one in chosen] or order
    values = found.recorded.rows(shown.places)
    units = [
        {
            "unit": str(found.recorded.units[number]),
            "value": found.value_of(found.recorded.units[number]),
            "mean": float(mean[number]),
            "deviation": float(deviation[number]),
            "values": [round(one, 5) for one in values[:, number].tolist()],
        }
        for number in numbers
    ]
    print_json(found.about | {"pieces": shown.pieces, "units": units})


def _write_page(
    found: Inspected, shown: ValueText, chosen: list[Unit], order: list[int], top: int, html: str, force: bool
) -> None:
    from charlm.display.states_page import UnitNote, states_page
    from charlm.display.value_terminal import column_of

    first = [column_of(found.recorded, one) for one in chosen]
    first += [number for number in order if number not in first]
    notes = [UnitNote(found.recorded.units[number]) for number in first[: max(top, len(chosen))]]
    page = states_page(found.shown, shown, notes)
    write_page(html, force, page)
