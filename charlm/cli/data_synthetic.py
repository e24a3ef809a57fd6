"""`charlm data synthetic`: texts that are made, and the best score that any model can reach on them."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Make a text whose best possible score is known."""


@app.command("recall")
def recall(
    gap: Annotated[int, typer.Option(help="Symbols of noise between the key and the question.")],
    lines: Annotated[int, typer.Option(help="How many lines.")] = 20_000,
    seed: Annotated[int, typer.Option(help="Same seed, same text.")] = 1,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="A file that is not there yet; none: stdout.")
    ] = None,
) -> None:
    """Lines of a key, a gap of noise, a question mark, and the key again: a text that is learned by remembering."""
    from charlm.display.printing import put, say, until_closed
    from charlm.text import synthetic

    text = synthetic.recall_text(gap, lines, seed)
    if output:
        _write(output, text)
    for name, nats in (
        ("optimum", synthetic.optimal_nats(gap)),
        ("without memory", synthetic.nats_without_memory(gap)),
    ):
        say(f"{name:<16}{nats:.6f} nats, {nats / math.log(2):.6f} bits per character")
    if not output:
        with until_closed(sys.stdout):
            put(sys.stdout, text)


def _write(path: Path, text: str) -> None:
    from charlm.errors import UsageError

    try:
        with path.open("x", encoding="ascii", newline="") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError("This file is there already", str(path), "Name another, or remove it first.") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(f"The text cannot be written: {reason}", str(path), "Name another file.") from None
