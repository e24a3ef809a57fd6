"""`charlm data synthetic`: generates texts on which the best possible score is known."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from charlm.cli.help_pages import Command, Group, examples

app = typer.Typer(cls=Group, no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Make a text whose best possible score is known."""


@app.command(
    "recall",
    cls=Command,
    epilog=examples(
        "charlm data synthetic recall --gap 50 --lines 3", "charlm data synthetic recall --gap 20 --output recall.txt"
    ),
)
def recall(
    gap: Annotated[int, typer.Option(help="Symbols of noise between the key and the question mark.")],
    lines: Annotated[int, typer.Option(help="Number of lines.")] = 20_000,
    seed: Annotated[int, typer.Option(help="Seed; the same seed gives the same text.")] = 1,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="A file that does not exist yet. Default: standard output."
        ),
    ] = None,
) -> None:
    """Make lines of a key, a gap of noise, a question mark and the key again, which only memory can predict."""
    from charlm.display.output import print_text
    from charlm.display.printing import print_stderr
    from charlm.display.units import in_bits
    from charlm.text.corpora import synthetic

    text = synthetic.recall_text(gap, lines, seed)
    if output:
        write_new(output, text.encode("ascii"))
    for name, nats in (
        ("optimum", synthetic.optimal_nats(gap)),
        ("without memory", synthetic.nats_without_memory(gap)),
    ):
        print_stderr(f"{name:<16}{in_bits(nats):.6f} bits per character ({nats:.6f} nats)")
    if not output:
        print_text(text)


def write_new(path: Path, content: bytes) -> None:
    """Write a file that does not exist yet. Raises UsageError if it does, or cannot be written."""
    from charlm.errors import UsageError

    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise UsageError(
            "This file exists already", str(path), "Name another file, or remove this one first."
        ) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(f"The text cannot be written: {reason}", str(path), "Name another file.") from None
