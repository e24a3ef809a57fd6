"""`charlm export html`: a trained model as one HTML file, which writes and reads in any browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from charlm.cli.completing import complete_corpus
from charlm.cli.opening import open_named
from charlm.cli.options import CellFile, Json, Run
from charlm.cli.output_file import STDOUT, check_output, written_whole
from charlm.display.output import print_json
from charlm.display.printing import print_stderr

if TYPE_CHECKING:
    import numpy as np

    from charlm.checkpoint import Checkpoint
    from charlm.display.waiting import Waiting
    from charlm.model.language_model import LanguageModel
    from charlm.page.rounding_loss import RoundingLoss

COMMAND = "charlm export html"
MOST_SCORED = 200_000  # symbols of the valid split: enough to see a loss of 0.0001 bits


def html(
    run: Run = None,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where to write; - is standard output. Default: RUN.html"),
    ] = None,
    weights: Annotated[
        Literal["float32", "float16", "int8"] | None,
        typer.Option(help="How the weights are written. Default: float16, or int8 if the page becomes large."),
    ] = None,
    title: Annotated[str | None, typer.Option(help="The title of the page. Default: the name of the run.")] = None,
    licence: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What readers may do with the model, for the card.")
    ] = None,
    text: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|CORPUS",
            help="A text to measure the rounding on. Default: the run's valid split.",
            autocompletion=complete_corpus,
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file of that name.")] = False,
    cell_file: CellFile = None,
    as_json: Json = False,
) -> None:
    """Write a model as one HTML file, which writes, colours texts by surprise and shows its memory in any browser.

    The file has all that it needs, and asks for nothing from the network. Who has the page has the model.
    """
    from charlm.errors import UsageError
    from charlm.kernels.blas import limit_blas_threads

    if as_json and output == STDOUT:
        raise UsageError("--json and -o - both write to standard output", COMMAND, "Give a file with -o FILE.")
    if output:
        check_output(output, force)
    limit_blas_threads()
    from charlm.display.waiting import Waiting
    from charlm.model.language_model import LanguageModel
    from charlm.page.building import Head, build_page
    from charlm.page.card import card_rows, cost, summary
    from charlm.page.choosing import choose_weights
    from charlm.page.layers import page_model
    from charlm.page.rounding import rounded

    checkpoint = open_named(run, f"{COMMAND} {{run}} --text {{text}}")
    if not output:
        output = f"{checkpoint.run_name}.html"
        check_output(output, force)
    chosen = choose_weights(checkpoint.parameters, weights)
    page_model(checkpoint.model)  # what cannot be a page is refused before a text is read
    on_page = LanguageModel(checkpoint.settings.model, rounded(checkpoint.parameters, chosen))
    with Waiting("reading the text") as line:
        loss, scored = _measured(checkpoint, on_page, run, text, line)
        head = Head(
            title or checkpoint.run_name, summary(checkpoint), card_rows(checkpoint, chosen, loss, scored, licence)
        )
        line.say("writing the page")
        page = build_page(on_page, checkpoint.vocabulary, checkpoint.settings.text, chosen, head).encode()
    with written_whole(output, force) as file:
        file.write(page)
    print_stderr(f"{len(page):,} bytes written to {output}, weights in {chosen}")
    if loss is None:
        print_stderr(f"what rounding costs was not measured: {scored}")
    else:
        bits = f"{loss.page.bits_per_character:.4f} bits per {checkpoint.vocabulary.unit}"
        print_stderr(f"{scored}: {bits}; rounding costs {cost(loss)}")
    if as_json:
        print_json(
            {
                "run": checkpoint.run_name,
                "step": checkpoint.step,
                "file": output,
                "bytes": len(page),
                "weights": chosen,
                "text": scored if loss else None,
                "characters": loss.page.characters if loss else None,
                "nats_per_character": loss.page.nats_per_character if loss else None,
                "rounding_nats": loss.nats_per_character if loss else None,
            }
        )


def _measured(
    checkpoint: Checkpoint, on_page: LanguageModel, run: str | None, text: str | None, line: Waiting
) -> tuple[RoundingLoss | None, str]:
    """What rounding costs, and the text in words; without the run's own text None, and why."""
    from charlm.display.progress import WatchedScorer
    from charlm.errors import CheckpointError, TextError
    from charlm.page.rounding_loss import rounding_loss

    if text:
        ids, name = _given(checkpoint, text)
    else:
        try:
            ids, name = _valid_split(checkpoint, run)
        except (CheckpointError, TextError) as error:
            return None, f"{error.what}. Name a text with --text FILE."
    if len(ids) < 2:
        return None, f"{name} has fewer than two {checkpoint.vocabulary.unit}s"
    if len(ids) > MOST_SCORED:
        ids, name = ids[:MOST_SCORED], f"the beginning of {name}"
    end = checkpoint.record_end
    return rounding_loss(checkpoint.model, on_page, ids, end, lambda each: WatchedScorer(each, len(ids), line)), name


def _given(checkpoint: Checkpoint, text: str) -> tuple[np.ndarray, str]:
    from charlm.cli.scored_text import given_text
    from charlm.text.length import require_two

    corpus = given_text(checkpoint, [text], None, "skip")
    require_two(corpus.ids.size, "The text", corpus.name)
    return corpus.ids, corpus.name


def _valid_split(checkpoint: Checkpoint, run: str | None) -> tuple[np.ndarray, str]:
    """Raises CheckpointError or TextError if the text of the run is gone or another one."""
    import shlex

    from charlm.checkpoint.moved import OPTIONS
    from charlm.checkpoint.reopening import reopen_text

    again = f"{COMMAND} {shlex.quote(run or checkpoint.run_name)}"
    corpus = reopen_text(checkpoint, again, options=dict.fromkeys(OPTIONS, "--text FILE"))
    return corpus.split("valid"), f"the valid split of {corpus.name}"
