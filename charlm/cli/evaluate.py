"""`charlm eval`: how well a trained model predicts a text."""

from __future__ import annotations

import typer

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps `perplexity` a word of its own: Typer would drop the name of an only command."""


@app.command("perplexity")
def perplexity(
    run: str | None = typer.Argument(None, help="A run, a folder or a checkpoint; none: the latest run."),
    text: list[str] | None = typer.Argument(None, help="Files, folders, globs, -, or named corpora to score."),
    split: str | None = typer.Option(None, help="A split of the run's own text (train, valid or test) instead."),
    unknown: str = typer.Option("skip", help="Characters that the model does not know: skip, error or nearest."),
    encoding: str | None = typer.Option(None, help="Encoding of the text; none: that of the run."),
    device: str = typer.Option("auto", help="auto, cpu, cuda or mps. On a CPU, torch is not needed."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Score every character of a text: nats, bits per character and per byte, perplexity."""
    import json
    import sys
    import time

    from charlm.checkpoint import load
    from charlm.runs import find_checkpoint, runs_root

    began = time.perf_counter()
    checkpoint = load(find_checkpoint(runs_root(), run))
    ...
