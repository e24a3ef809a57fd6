"""`charlm eval perplexity`: one text, scored with one model."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from charlm.cli.completing import complete_corpus, complete_run
from charlm.cli.opening import open_named
from charlm.cli.options import CellFile, Device, Json
from charlm.cli.scored_text import UNKNOWN, Policy, given_text, score_of, units_of
from charlm.display.output import print_json


def perplexity(
    run: Annotated[
        str | None,
        typer.Argument(
            help="A run's name, its folder or one of its checkpoints. Default: the latest run.",
            autocompletion=complete_run,
        ),
    ] = None,
    text: Annotated[
        list[str] | None,
        typer.Argument(
            help="Files, folders, globs, named corpora or - (standard input) to score.", autocompletion=complete_corpus
        ),
    ] = None,
    cell_file: CellFile = None,
    split: Annotated[
        Literal["train", "valid", "test"] | None,
        typer.Option(help="Without TEXT: which split of the run's own text to score. Default: valid."),
    ] = None,
    moved: Annotated[
        list[str] | None,
        typer.Option("--text", metavar="PATH", help="Where the run's own text is now, if it has moved."),
    ] = None,
    valid: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="Where the run's own validation text (train --valid) is now."),
    ] = None,
    test: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="Where the run's own test text (train --test) is now.")
    ] = None,
    unknown: Annotated[Policy, typer.Option(help=UNKNOWN)] = "skip",
    encoding: Annotated[
        str | None, typer.Option(help="Encoding of TEXT; auto decides for each file. Default: that of the run.")
    ] = None,
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """Score every character of a text: bits per character and per byte, nats, perplexity."""
    import shlex
    import time

    from charlm.config.device_names import check_device_option
    from charlm.kernels.blas import limit_blas_threads

    check_device_option(device)
    limit_blas_threads()
    from charlm.checkpoint.moved import Moved
    from charlm.checkpoint.reopening import reopen_text
    from charlm.display.waiting import Waiting
    from charlm.errors import UsageError
    from charlm.text.length import require_two

    checkpoint = open_named(run, "charlm eval perplexity {run} {text}")
    if text and split:
        raise UsageError("--split selects a part of the run's own text", f"--split {split}", "Give --split or TEXT.")
    places = Moved(moved or (), valid or (), test or ())
    if text and places.given:
        option, *_ = words = places.words()
        what = f"{option} names a text of the run's own, to score one of its splits"
        raise UsageError(what, " ".join(words), f"Give {option}, or TEXT to score all of it.")
    began = time.perf_counter()
    with Waiting("reading the text") as line:
        if text:
            corpus = given_text(checkpoint, text, encoding, unknown)
        else:
            command = f"charlm eval perplexity {shlex.quote(run or checkpoint.run_name)}"
            corpus = reopen_text(
                checkpoint,
                f"{command} --split {split or 'valid'}",
                f"To score all of another text: {command} PATH",
                places,
            )
        ids = corpus.ids if text else corpus.split(split or "valid")
        require_two(ids.size, "The text" if text else f"The {split or 'valid'} split", corpus.name)
        found = score_of(checkpoint, corpus, ids, device, unknown, line)
    result = {
        "run": checkpoint.run_name,
        "step": checkpoint.step,
        "text": corpus.name,
        "unit": corpus.vocabulary.unit,
        **units_of(found),
        "seconds": round(time.perf_counter() - began, 3),
        "protocol": {
            "split": "all" if text else split or "valid",
            "state": "fresh at each record" if checkpoint.settings.text.records else "carried over the whole text",
            "streams": 1,
            "unit": corpus.vocabulary.unit,
            "unknown": unknown,
        },
    }
    if as_json:
        print_json(result)
    else:
        from charlm.display.score_table import print_score

        print_score(result, found.lacking, corpus.notes)
