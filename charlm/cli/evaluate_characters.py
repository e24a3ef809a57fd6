"""`charlm eval characters`: the nats of each character of a text, and its lines, the worst first."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from charlm.cli.chosen_text import ChosenText, ReadingOption
from charlm.cli.opening import open_named
from charlm.cli.options import CellFile, Device
from charlm.cli.output_file import check_output, written_whole
from charlm.cli.scored_text import Encoding, MovedTest, MovedText, MovedValid, Run, Split, Text
from charlm.display.printing import print_stderr
from charlm.errors import UsageError

COMMAND = "charlm eval characters"


def characters(
    run: Run = None,
    text: Text = None,
    cell_file: CellFile = None,
    by: Annotated[
        Literal["excess", "mean", "text"],
        typer.Option(
            help="Rank lines by their bits beyond those of as many characters on average (excess), by their bits per "
            "character (mean), or leave them as in the text."
        ),
    ] = "excess",
    top: Annotated[int, typer.Option(min=1, metavar="N", help="Lines of the table.")] = 20,
    tsv: Annotated[bool, typer.Option("--tsv", help="Print all lines as tab-separated values.")] = False,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Print a JSON object for each character.")] = False,
    npz: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the nats and the ids as arrays for numpy.load.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file of --npz.")] = False,
    split: Split = None,
    moved: MovedText = None,
    valid: MovedValid = None,
    test: MovedTest = None,
    unknown: ReadingOption = "skip",
    encoding: Encoding = None,
    device: Device = "auto",
) -> None:
    """Score a text character by character, and rank its lines; the sum is the score of `charlm eval perplexity`."""
    from charlm.config.device_names import check_device_option
    from charlm.kernels.blas import limit_blas_threads

    check_device_option(device)
    if tsv and jsonl:
        raise UsageError("--tsv and --jsonl cannot go together", COMMAND, "Give one of them.")
    if npz:
        check_output(npz, force)
    limit_blas_threads()
    from charlm.display.line_table import print_character_lines, print_line_table, print_line_values
    from charlm.display.waiting import Waiting
    from charlm.evaluation.character_arrays import save_arrays
    from charlm.text.unknown import UnknownCharacters

    checkpoint = open_named(run, f"{COMMAND} {{run}} {{text}}")
    chosen = ChosenText(COMMAND, run, text, split, moved, valid, test, encoding, unknown)
    with Waiting("reading the text") as line:
        corpus, found = chosen.scored(checkpoint, device, line)
    for note in corpus.notes:
        print_stderr(note)
    lacking = UnknownCharacters.of(corpus.vocabulary, corpus.unknown, unknown)
    if left_out := sum(lacking.left_out.values()):
        print_stderr(f"{left_out:,} unknown characters of the text are left out")
    if npz:
        with written_whole(npz, force) as file:
            save_arrays(file, found)
    if jsonl:
        print_character_lines(found)
        return
    end = checkpoint.record_end
    lines = found.lines(corpus.vocabulary.newline if end is None else end)
    if tsv:
        print_line_values(found, lines, by)
    elif not npz:
        print_line_table(found, lines, by, top)
