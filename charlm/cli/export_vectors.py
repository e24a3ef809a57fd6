"""`charlm export vectors`: the lines of a text as vectors of a model's values."""

from __future__ import annotations

import csv
import io
from typing import Annotated

import typer

from charlm.cli.inspected_text import LayerOption, Run, Text, ValueOption, open_inspected
from charlm.cli.options import CellFile
from charlm.cli.output_file import check_output, written_whole
from charlm.display.printing import print_stderr
from charlm.errors import TextError, UsageError

COMMAND = "charlm export vectors"
ENDINGS = (".npz", ".csv")


def vectors(
    run: Run = None,
    text: Text = None,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="A file that ends with .npz or .csv.")
    ] = None,
    layer: LayerOption = None,
    value: ValueOption = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file.")] = False,
    cell_file: CellFile = None,
) -> None:
    """Write a vector for each line of a text: the mean of each unit's value over the line's characters.

    An .npz has `vectors` (lines, units), `lines` (their numbers, from 1), `units` and `texts`; a .csv one row each.
    """
    if not output or not output.lower().endswith(ENDINGS):
        raise UsageError("Where to, and in which form?", COMMAND, "Give -o FILE.npz or -o FILE.csv.")
    check_output(output, force)
    import numpy as np

    from charlm.display.value_text import text_lines
    from charlm.display.waiting import Waiting
    from charlm.inspection.line_vectors import line_vectors

    found = open_inspected(COMMAND, run, text, layer, value)
    shown = found.pieces
    lines = text_lines(shown)
    if not len(lines.numbers):
        raise TextError("The text has no line with anything in it", found.text, "Give another text.")
    with Waiting("adding up"):
        made = line_vectors(found.recorded, lines.first_rows(shown), lines.stop_rows(shown))
    texts = ["".join(shown.pieces[a:b]) for a, b in zip(lines.starts.tolist(), lines.stops.tolist(), strict=True)]
    names = [str(unit) for unit in found.recorded.units]
    with written_whole(output, force) as file:
        if output.lower().endswith(".npz"):
            np.savez(file, vectors=made, lines=lines.numbers, units=np.array(names), texts=np.array(texts))
        else:
            rows = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
            writer = csv.writer(rows)
            writer.writerow(["line", "text", *names])
            for number, line, vector in zip(lines.numbers.tolist(), texts, made, strict=True):
                writer.writerow([number, line, *(f"{one:.6g}" for one in vector.tolist())])
            rows.detach()
    print_stderr(f"{len(made):,} lines of {made.shape[1]:,} units written to {output}")
