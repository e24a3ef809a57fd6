"""`charlm eval lines`: each line of a list by itself, the strangest and the most usual ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from charlm.cli.chosen_text import ChosenText
from charlm.cli.opening import open_named
from charlm.cli.options import CellFile, Device, Json
from charlm.cli.scored_text import Encoding, MovedTest, MovedText, MovedValid, Run, Split, Text
from charlm.display.output import print_json
from charlm.display.printing import print_stderr
from charlm.errors import TextError, UsageError

if TYPE_CHECKING:
    from charlm.checkpoint import Checkpoint
    from charlm.config.settings import TextSettings
    from charlm.display.single_line_table import LineRows
    from charlm.evaluation.roc import Roc
    from charlm.text.whole_lines import WholeLines

COMMAND = "charlm eval lines"


def lines(
    run: Run = None,
    text: Text = None,
    cell_file: CellFile = None,
    by: Annotated[
        Literal["mean", "total"],
        typer.Option(help="Compare lines by their bits per character (mean), or by all bits of a line (total)."),
    ] = "mean",
    top: Annotated[
        int, typer.Option(min=1, metavar="N", help="How many of the strangest and most usual lines to show.")
    ] = 10,
    label_column: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="A column of tab-separated lines, counted from 1, that is no text but the kind of the line: how well "
            "the bits tell one kind from the others (ROC).",
        ),
    ] = None,
    positive: Annotated[
        str | None, typer.Option(metavar="LABEL", help="The kind that is looked for. Default: the rarest one.")
    ] = None,
    tsv: Annotated[bool, typer.Option("--tsv", help="Print all lines as tab-separated values, in order.")] = False,
    split: Split = None,
    moved: MovedText = None,
    valid: MovedValid = None,
    test: MovedTest = None,
    encoding: Encoding = None,
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """Score each line by itself, from a fresh state: which names look wrong, which log lines are odd."""
    from charlm.config.device_names import check_device_option
    from charlm.kernels.blas import limit_blas_threads

    check_device_option(device)
    if tsv and as_json:
        raise UsageError("--tsv and --json cannot go together", COMMAND, "Give one of them.")
    if positive is not None and label_column is None:
        raise UsageError("--positive names a label, and there are none", COMMAND, "Say where: --label-column N")
    if label_column is not None and not text:
        raise UsageError("--label-column is for a text that is given", COMMAND, f"{COMMAND} RUN FILE --label-column N")
    limit_blas_threads()
    import numpy as np

    from charlm.cli.scored_text import scorer_for
    from charlm.display.progress import WatchedScorer
    from charlm.display.single_line_table import LineRows, print_roc, print_single_lines, print_single_values
    from charlm.display.waiting import Waiting
    from charlm.evaluation.labels import split_labels
    from charlm.evaluation.lines import EncodedLines, score_single_lines
    from charlm.text.whole_lines import read_lines

    checkpoint = open_named(run, f"{COMMAND} {{run}} {{text}}")
    vocabulary = checkpoint.vocabulary
    end = checkpoint.record_end
    end = vocabulary.newline if end is None else end
    if end is None:
        what = "The model knows no line end, so it cannot read a line by itself"
        raise TextError(what, checkpoint.run_name, "Use a model of a text with lines, or: charlm eval characters")
    with Waiting("reading the text") as line:
        chosen = ChosenText(COMMAND, run, text, split, moved, valid, test, encoding, "skip")
        read = read_lines(_settings(checkpoint, text, encoding)) if text else _own_lines(chosen, checkpoint, end)
        items = split_labels(read.lines, label_column, positive)
        encoded = EncodedLines.of(items.texts, vocabulary, end)
        size = encoded.encoded.ids.size
        found = score_single_lines(WatchedScorer(scorer_for(checkpoint, device, size), size, line), encoded, vocabulary)
    for note in (*read.notes, *items.notes):
        print_stderr(note)
    if unknown := int(encoded.unknown.sum()):
        print_stderr(f"{unknown:,} characters that the model does not know are charged about 20 bits each")
    values = found.nats if by == "total" else found.means
    curve = items.curve(values)
    rows = LineRows(items.texts, items.numbers, items.labels, found, np.argsort(-values, kind="stable"))
    if as_json:
        print_json(_result(checkpoint, rows, curve, items.positive, top))
    elif tsv:
        print_single_values(rows)
    else:
        print_single_lines(rows, top)
        if curve:
            print_roc(curve, items.positive)


def _settings(checkpoint: Checkpoint, text: list[str], encoding: str | None) -> TextSettings:
    changes: dict[str, object] = {"sources": tuple(text), "decided": ()} | ({"encoding": encoding} if encoding else {})
    return checkpoint.settings.text.model_copy(update=changes)


def _own_lines(chosen: ChosenText, checkpoint: Checkpoint, end: int) -> WholeLines:
    """The lines, or records, of a split of the run's own text."""
    from charlm.text.whole_lines import WholeLines

    opened = chosen.opened(checkpoint)
    corpus, ids = opened.corpus, opened.ids
    ending = corpus.vocabulary.symbols[end]
    return WholeLines(corpus.vocabulary.decode(ids).removesuffix(ending).split(ending), list(corpus.notes))


def _result(checkpoint: Checkpoint, rows: LineRows, curve: Roc | None, positive: str, top: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "run": checkpoint.run_name,
        "step": checkpoint.step,
        "lines": len(rows.order),
        "bits_per_character": rows.bits_per_character,
        "strangest": [rows.as_json(number) for number in rows.order[:top].tolist()],
        "most_usual": [rows.as_json(number) for number in rows.order[::-1][:top].tolist()],
    }
    if curve:
        points = {"others": curve.others.tolist(), "found": curve.found.tolist()}
        result["roc"] = {"positive": positive, "area": curve.area, **points}
    return result
