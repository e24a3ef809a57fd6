"""`charlm eval surprise`: a text coloured by how much each character surprises a model."""

from __future__ import annotations

from typing import Annotated

import typer

from charlm.cli.chosen_text import ChosenText, ReadingOption
from charlm.cli.opening import open_named
from charlm.cli.options import CellFile, Json
from charlm.cli.output_file import check_output, written_whole
from charlm.cli.scored_text import Encoding, MovedTest, MovedText, MovedValid, Run, Split, Text
from charlm.display.output import print_json
from charlm.display.printing import print_stderr
from charlm.errors import UsageError

COMMAND = "charlm eval surprise"
MOST = 10_000_000  # characters: what is likeliest is in memory, and nobody reads more


def surprise(
    run: Run = None,
    text: Text = None,
    cell_file: CellFile = None,
    html: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write one HTML page instead; - is standard output.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file of --html.")] = False,
    spans: Annotated[
        int | None,
        typer.Option(min=1, max=1000, metavar="N", help="Print the N most surprising passages instead of the text."),
    ] = None,
    margin: Annotated[
        float,
        typer.Option(help="Bits beyond the mean that a character of such a passage has to have; 0 finds chapters."),
    ] = 1.0,
    split: Split = None,
    moved: MovedText = None,
    valid: MovedValid = None,
    test: MovedTest = None,
    unknown: ReadingOption = "skip",
    encoding: Encoding = None,
    as_json: Json = False,
) -> None:
    """Show a text coloured by surprise: the bits of each character, in six steps."""
    from math import isfinite

    from charlm.kernels.blas import limit_blas_threads

    if not isfinite(margin):
        raise UsageError(f"--margin cannot be {margin}", COMMAND, "Give a number of bits, such as 1.")
    if as_json and html:
        raise UsageError("--json and --html cannot go together", COMMAND, "Give one of them.")
    if html:
        check_output(html, force)
    limit_blas_threads()
    from charlm.display.surprise import SurpriseText
    from charlm.display.surprise_page import Head, surprise_page
    from charlm.display.surprise_terminal import lines_of, print_spans, print_surprise, span_bits
    from charlm.display.waiting import Waiting
    from charlm.evaluation.spans import worst_spans

    checkpoint = open_named(run, f"{COMMAND} {{run}} {{text}}")
    chosen = ChosenText(COMMAND, run, text, split, moved, valid, test, encoding, unknown)
    with Waiting("reading the text") as line:
        corpus, found, likeliest = chosen.scored_with_likeliest(checkpoint, MOST, line)
        line.say("drawing the text")
        shown = SurpriseText.of(found)
        worst = worst_spans(shown.bits, spans or 10, margin)
        bits = found.score.bits_per_character
        if html:
            model = f"{checkpoint.run_name}, step {checkpoint.step:,}"
            summary = f"{model}: {found.score.characters:,} characters, {bits:.4f} bits each"
            page = surprise_page(Head(f"Surprise in {corpus.name}", summary), shown, found, likeliest, worst)
    for note in corpus.notes:
        print_stderr(note)
    if html:
        with written_whole(html, force) as file:
            file.write(page.encode())
        print_stderr(f"{len(page.encode()):,} bytes written to {html}")
    elif as_json:
        rows = [
            {
                "line": number,
                "start": span.start,
                "stop": span.stop,
                "bits": span_bits(shown, span),
                "text": "".join(shown.pieces[span.start : span.stop]),
            }
            for span, number in zip(worst, lines_of(shown, worst), strict=True)
        ]
        about = {"run": checkpoint.run_name, "step": checkpoint.step, "text": corpus.name}
        print_json({**about, "bits_per_character": bits, "characters": found.score.characters, "spans": rows})
    elif spans:
        print_spans(shown, worst)
    else:
        print_surprise(shown)
