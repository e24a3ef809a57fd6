"""`charlm inspect cells`: finds the units that track a property of the text, and proves it by steering."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from charlm.cli.inspect_files import Force, Html, Npz, check_one_form, write_arrays, write_page
from charlm.cli.inspected_text import LayerOption, Run, Text, ValueOption, open_inspected
from charlm.cli.options import CellFile, Json
from charlm.display.output import print_json, print_table
from charlm.display.printing import print_stderr
from charlm.errors import TextError

if TYPE_CHECKING:
    from charlm.cli.inspected_text import Inspected
    from charlm.inspection.finder import ProbeResult
    from charlm.inspection.steering import Effect

COMMAND = "charlm inspect cells"
MOST = 2_000_000  # characters

ProbeOption = Annotated[
    list[str] | None,
    typer.Option(
        "--probe",
        metavar="NAME|'NAME=REGEX'",
        help="A property to look for: quotes, brackets, depth, column, line_end, indentation, word, capital, speaker, "
        "number, url, speech_line; or one of your own, which holds after each character that the regular expression "
        "matches. Can be repeated. Default: all of them.",
    ),
]
Samples = Annotated[int, typer.Option(min=10, max=4096, metavar="N", help="Pairs of samples for steering.")]
Length = Annotated[
    int, typer.Option("--length", "-n", min=10, max=100_000, metavar="N", help="Characters of a sample.")
]
Seed = Annotated[int, typer.Option(min=0, help="Seed of shifts and samples.")]


def cells(
    run: Run = None,
    text: Text = None,
    probe: ProbeOption = None,
    layer: LayerOption = None,
    value: ValueOption = None,
    top: Annotated[int, typer.Option(min=1, max=100, metavar="N", help="Units named for each property.")] = 3,
    steer: Annotated[
        bool, typer.Option("--steer", help="Set the best unit of each property off and on while sampling: the proof.")
    ] = False,
    fresh: Annotated[
        bool,
        typer.Option(
            "--fresh/--no-fresh", help="Compare with the network before training: its state echoes characters, too."
        ),
    ] = True,
    samples: Samples = 64,
    length: Length = 300,
    seed: Seed = 0,
    html: Html = None,
    npz: Npz = None,
    force: Force = False,
    cell_file: CellFile = None,
    as_json: Json = False,
) -> None:
    """Find the units that track a property of the text: quotes, brackets, line length, who speaks.

    The score is the area under the ROC curve, or for numbers the correlation, on the second half of the text. Units are
    named if they are above what chance gives (the best of all units, with the property shifted along the text), and
    above the best unit of the network before training.
    """
    check_one_form(COMMAND, npz, html, force, as_json)
    from charlm.display.unit_tables import finding_rows, result_json, unfound_lines
    from charlm.display.waiting import Waiting
    from charlm.inspection.finder import LEAST, find_units
    from charlm.inspection.probes import chosen_probes

    probes = chosen_probes(probe)
    found = open_inspected(COMMAND, run, text, layer, value, MOST)
    shown = found.pieces
    if len(shown.rows) < 2 * LEAST:
        what = f"The text has {len(shown.rows):,} characters, and a finding needs {2 * LEAST:,}"
        raise TextError(what, found.text, "Give a longer text: half of it says which units, the other half whether.")
    with Waiting("comparing") as line:
        before = found.recorded_before_training() if fresh else None

        def told(name: str) -> None:
            line.say(f"comparing units: {name}")

        results = find_units(found.recorded, shown.text, shown.rows, probes, before, seed, told)
        effects = {}
        for one in results if steer else ():
            if one.units:
                line.say(f"writing {2 * samples} samples: {one.probe.name}")
                effects[one.probe.name] = _steered(found, one, samples, length, seed)
    if npz:
        _save(npz, force, found, results)
    if html:
        _write_page(found, results, effects, top, html, force)
    elif as_json:
        values = [result_json(one, effects.get(one.probe.name)) for one in results]
        print_json(found.about | {"properties": values})
    elif not npz:
        rows = finding_rows(results, top, effects)
        if len(rows) > 1:
            print_table(
                rows,
                keys=1,
                least=("share or mean", "units above"),
                right=("score", "chance", "untrained", "units above"),
            )
            print_stderr(
                "score: area under the ROC curve, for numbers correlation; - before a unit: low where it holds"
            )
        for said in unfound_lines(results):
            print_stderr(said)


def _steered(found: Inspected, one: ProbeResult, samples: int, length: int, seed: int) -> Effect:
    """What the best unit of a property does when it is set from where it is off to where it is on."""
    from charlm.inspection.steering import effect_of, setting_of, written
    from charlm.sampling.writing import opening_ids

    best = one.units[0]
    checkpoint = found.checkpoint
    column = found.recorded.column(best.unit)
    ends = sorted(float(end) for end in _ends(column))
    opening = opening_ids(checkpoint.vocabulary, checkpoint.vocabulary.encode("").ids, found.end)

    def texts(level: float) -> list[str]:
        setting = setting_of([best.unit], [level], found.recorded.values)
        return written(checkpoint.writer, checkpoint.vocabulary, setting, opening, samples, length, seed, end=found.end)

    off, on = ends if best.sign > 0 else ends[::-1]
    return effect_of(one.probe, texts(off), texts(on), seed)


def _ends(column: Any) -> Any:
    import numpy as np

    return np.quantile(column, [0.05, 0.95])


def _save(npz: str, force: bool, found: Inspected, results: list[ProbeResult]) -> None:
    """The signed scores of the units above the level, for each property."""
    import numpy as np

    names = {str(unit): number for number, unit in enumerate(found.recorded.units)}
    scores = np.full((len(results), len(names)), np.nan)
    for row, one in zip(scores, results, strict=True):
        for unit in one.units:
            row[names[str(unit.unit)]] = unit.sign * unit.score
    properties, levels = ([one.probe.name for one in results], [one.level for one in results])
    arrays = {"properties": np.array(properties), "units": np.array(list(names)), "scores": scores}
    write_arrays(npz, force, arrays | {"levels": np.array(levels)})


def _write_page(
    found: Inspected, results: list[ProbeResult], effects: dict[str, Effect], top: int, html: str, force: bool
) -> None:
    """The text, to be seen by the units that were found, below a table of them."""
    from charlm.display.states_page import Findings, UnitNote, states_page
    from charlm.display.unit_tables import best_first, finding_rows, unfound_lines, unfound_short

    rows = finding_rows(results, top, effects)
    notes: dict[Any, str] = {}
    for one in best_first(results):
        for unit in one.units[:top]:
            said = f"{one.probe.name} {unit.score:.2f}{' low' if unit.sign < 0 else ''}"
            notes[unit.unit] = f"{notes[unit.unit]}, {said}" if unit.unit in notes else said
    if not notes:
        lines = "\n".join(unfound_lines(results))
        raise TextError("There is nothing to show: no unit is above chance", lines, "Give a longer text.")
    shown = found.pieces
    part = shown.part(0, min(len(shown), 12_000))
    said = "The score is the area under the ROC curve, or for numbers the correlation, on the second half of the text. "
    said += "Chance is the best that any unit gets when the property is shifted along the text. "
    said += f"A minus before a unit: it is low where the property holds. {unfound_short(results)}"
    findings = Findings("Units that track a property of the text", rows if len(rows) > 1 else [], said)
    page = states_page(found.shown, part, [UnitNote(unit, note) for unit, note in notes.items()], findings)
    write_page(html, force, page)
