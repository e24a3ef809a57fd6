"""`charlm eval compare`: one text, scored with several models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from charlm.cli.completing import complete_run
from charlm.cli.opening import open_named
from charlm.cli.options import CellFile, Device, Json
from charlm.cli.scored_text import UNKNOWN, Policy, given_text, interval_of, model_values, require_alike, score_of
from charlm.display.output import print_json

if TYPE_CHECKING:
    from charlm.evaluation.text import TextScore


def compare(
    runs: Annotated[
        list[str],
        typer.Argument(metavar="RUN RUN...", help="Runs, their folders or checkpoints.", autocompletion=complete_run),
    ],
    text: Annotated[
        list[str], typer.Option("--text", metavar="FILE|CORPUS", help="The text to score; can be repeated.")
    ],
    cell_file: CellFile = None,
    unknown: Annotated[Policy, typer.Option(help=UNKNOWN)] = "charge",
    encoding: Annotated[
        str | None, typer.Option(help="Encoding of the text; auto decides for each file. Default: that of each run.")
    ] = None,
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """Score one text with several models, and say how sure their differences from the first are.

    Characters that a model does not know are charged, so that it is fair.
    """
    from charlm.config.device_names import check_device_option
    from charlm.kernels.blas import limit_blas_threads

    check_device_option(device)
    limit_blas_threads()
    from charlm.display.waiting import Waiting
    from charlm.errors import UsageError
    from charlm.evaluation.text import difference

    if len(runs) < 2:
        raise UsageError(
            "A comparison needs at least two runs",
            f"charlm eval compare {runs[0]}",
            f"Name two, or score one: charlm eval perplexity {runs[0]} {text[0]}",
        )
    checkpoints = [open_named(run, "charlm eval compare {run} RUN --text {text}") for run in runs]
    require_alike(checkpoints, "charlm eval compare")
    found: list[TextScore] = []
    scores: list[dict[str, Any]] = []
    notes: dict[str, None] = {}  # in order, each once
    with Waiting("reading the text") as line:
        for checkpoint in checkpoints:
            corpus = given_text(checkpoint, text, encoding, unknown)
            found.append(score_of(checkpoint, corpus, corpus.ids, device, unknown, line))
            scores.append(model_values(checkpoint, corpus, found[-1]))
            notes |= dict.fromkeys(corpus.notes)
    differences = []
    for checkpoint, score in zip(checkpoints[1:], found[1:], strict=True):
        nats, interval = difference(score, found[0])
        differences.append({"run": checkpoint.run_name, "nats_per_character": nats, "interval": interval_of(interval)})
    if as_json:
        print_json({"text": corpus.name, "unknown": unknown, "runs": scores, "differences": differences})
    else:
        from charlm.display.score_table import print_comparison

        print_comparison(scores, differences, unknown, tuple(notes))
