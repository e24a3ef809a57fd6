"""`charlm eval matrix`: several texts, each scored with several models: which of them wrote it?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from charlm.cli.completing import complete_corpus, complete_run
from charlm.cli.opening import open_named
from charlm.cli.options import CellFile, Device, Json
from charlm.cli.scored_text import UNKNOWN, Policy, given_text, interval_of, model_values, require_alike, score_of
from charlm.display.output import print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charlm.evaluation.text import TextScore

COMMAND = "charlm eval matrix"


def matrix(
    runs: Annotated[
        list[str],
        typer.Argument(metavar="RUN RUN...", help="Runs, their folders or checkpoints.", autocompletion=complete_run),
    ],
    text: Annotated[
        list[str],
        typer.Option("--text", metavar="FILE|CORPUS", help="A text; to be repeated.", autocompletion=complete_corpus),
    ],
    cell_file: CellFile = None,
    unknown: Annotated[Policy, typer.Option(help=UNKNOWN)] = "charge",
    encoding: Annotated[
        str | None, typer.Option(help="Encoding of the texts; auto decides for each. Default: that of each run.")
    ] = None,
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """Score each text with each model; the best model of each text is marked: it may have read the author.

    A ~ marks a model that may be as good: the 95 % interval of its difference from the best holds 0. --json has the
    intervals.
    """
    from charlm.config.device_names import check_device_option
    from charlm.kernels.blas import limit_blas_threads

    check_device_option(device)
    limit_blas_threads()
    from charlm.display.matrix_table import best_run, print_matrix
    from charlm.display.waiting import Waiting
    from charlm.errors import UsageError
    from charlm.text.length import require_two

    if len(runs) < 2 and len(text) < 2:
        raise UsageError(
            "A matrix needs two runs or two texts at least",
            f"{COMMAND} {runs[0]} --text {text[0]}",
            f"Name more, or score one text: charlm eval perplexity {runs[0]} {text[0]}",
        )
    checkpoints = [open_named(run, f"{COMMAND} {{run}} RUN --text {{text}}") for run in runs]
    require_alike(checkpoints, COMMAND)
    rows: list[dict[str, Any]] = []
    notes: dict[str, None] = {}  # in order, each once
    with Waiting("reading the texts") as line:
        for source in text:
            scores, found = [], []
            for checkpoint in checkpoints:
                corpus = given_text(checkpoint, [source], encoding, unknown)
                require_two(corpus.ids.size, "The text", source)
                found.append(score_of(checkpoint, corpus, corpus.ids, device, unknown, line))
                scores.append(model_values(checkpoint, corpus, found[-1]))
                notes |= dict.fromkeys(f"{source}: {note}" for note in corpus.notes)
            best = best_run(scores)
            rows.append({"text": source, "best": best, "behind": _behind(found, best), "runs": scores})
    if as_json:
        print_json({"unknown": unknown, "texts": rows})
    else:
        print_matrix(rows, unknown, tuple(notes))


def _behind(found: Sequence[TextScore], best: int) -> list[dict[str, Any]]:
    """How many nats per character each run needs more than the best of its row, with the interval of that, which is
    None for the best itself, for a short text, and for models that read other symbols."""
    from charlm.evaluation.text import difference

    pairs = [difference(score, found[best]) for score in found]
    return [
        {"nats_per_character": nats, "interval": None if number == best else interval_of(interval)}
        for number, (nats, interval) in enumerate(pairs)
    ]
