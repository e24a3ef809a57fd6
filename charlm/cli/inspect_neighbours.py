"""`charlm inspect neighbours`: which lines of a text are alike to a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from charlm.cli.inspect_files import Force, Html, Npz, check_one_form, write_arrays, write_page
from charlm.cli.inspect_match import Top, passage_json
from charlm.cli.inspected_text import LayerOption, Run, Text, ValueOption, open_inspected
from charlm.cli.options import CellFile, Json
from charlm.display.output import print_json, print_table
from charlm.display.printing import print_stderr
from charlm.errors import TextError, UsageError

if TYPE_CHECKING:
    import numpy as np

    from charlm.cli.inspected_text import Inspected

COMMAND = "charlm inspect neighbours"


def neighbours(
    run: Run = None,
    text: Text = None,
    line: Annotated[int | None, typer.Option(min=1, metavar="N", help="The line to compare with, from 1.")] = None,
    like: Annotated[str | None, typer.Option(metavar="TEXT", help="A text of your own to compare with.")] = None,
    layer: LayerOption = None,
    value: ValueOption = None,
    top: Top = 20,
    html: Html = None,
    npz: Npz = None,
    force: Force = False,
    cell_file: CellFile = None,
    as_json: Json = False,
) -> None:
    """Rank the lines of a text by how like they are to one line, to the model: the cosine of mean state vectors.

    `charlm export vectors` writes these vectors.
    """
    if (line is None) == (not like):
        raise UsageError("Like which line?", COMMAND, "Give --line N or --like TEXT.")
    check_one_form(COMMAND, npz, html, force, as_json)
    import numpy as np

    from charlm.display.passages import Passage, passage_rows, passages_page
    from charlm.display.value_text import text_lines
    from charlm.display.waiting import Waiting
    from charlm.inspection.line_vectors import line_vectors, similarities

    found = open_inspected(COMMAND, run, text, layer, value)
    shown = found.pieces
    lines = text_lines(shown)
    if not len(lines.numbers):
        raise TextError("The text has no line with anything in it", found.text, "Give another text.")
    with Waiting("comparing"):
        vectors = line_vectors(found.recorded, lines.first_rows(shown), lines.stop_rows(shown))
        if like:
            wanted = _vector_of(found, like)
        else:
            at = np.flatnonzero(lines.numbers == line)
            if not len(at):
                raise UsageError(f"Line {line} is empty, or not there", found.text, "Give the number of another line.")
            wanted = vectors[at[0]]
        scores = similarities(vectors, wanted)
    order = [int(n) for n in np.argsort(-scores, kind="stable") if lines.numbers[n] != line][:top]

    def passage(n: int, score: float) -> Passage:
        whole = "".join(shown.pieces[int(lines.starts[n]) : int(lines.stops[n])])
        return Passage(int(lines.numbers[n]), score, "", whole, "")

    asked = Passage(0, 1.0, "", like, "") if like else passage(int(at[0]), 1.0)
    passages = [passage(n, float(scores[n])) for n in order]
    if npz:
        write_arrays(npz, force, {"lines": lines.numbers, "scores": scores})
    if html:
        page = passages_page(
            f"Lines that are alike to {found.name}",
            f"{found.text}. The score is the cosine of mean state vectors, each unit standardised.",
            asked,
            passages,
        )
        write_page(html, force, page)
    elif as_json:
        print_json(found.about | {"asked": passage_json(asked), "lines": [*map(passage_json, passages)]})
    elif not npz:
        print_table(passage_rows([asked, *passages]), keys=2, right=("line", "score"))
        print_stderr("the first row is what was asked")


def _vector_of(found: Inspected, like: str) -> np.ndarray:
    """(U,) the mean of the values over a text that the model reads from a fresh state, after what begins a text."""
    import numpy as np

    from charlm.inspection.recording import window_values
    from charlm.sampling.writing import opening_ids

    checkpoint = found.checkpoint
    encoded = checkpoint.vocabulary.encode(like, "skip")
    if not len(encoded.ids):
        raise TextError("The model knows no character of the text", repr(like)[:100], "Give another --like.")
    before = opening_ids(checkpoint.vocabulary, encoded.ids[:0], found.end)
    ids = np.array([*before, *encoded.ids.tolist()], np.int64)[:, None]
    _, _, values = window_values(checkpoint.model, ids, checkpoint.model.fresh_state(1), found.recorded.values)
    return np.concatenate([value[len(before) :, 0].mean(axis=0) for value in values])
