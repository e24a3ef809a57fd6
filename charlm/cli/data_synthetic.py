"""`charlm data synthetic`: generates texts on which the best possible score is known."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from charlm.cli import data_tracking
from charlm.cli.data_tasks import Letters, Lines, Output, Seed, add_tasks, associative_recall
from charlm.cli.help_pages import Command, Group, examples
from charlm.cli.new_file import write_new

app = typer.Typer(cls=Group, no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Make a text whose best possible score is known."""


@app.command(
    "recall",
    cls=Command,
    epilog=examples(
        "charlm data synthetic recall --gap 50 --lines 3",
        "charlm data synthetic recall --gap 20 --output recall.txt",
        "charlm data synthetic recall --items 2-6 --lines 3",
    ),
)
def recall(
    gap: Annotated[int | None, typer.Option(help="Symbols of noise between the key and the question mark.")] = None,
    items: Annotated[
        str | None,
        typer.Option(metavar="N|A-B", help="Not a gap, but so many items of three letters, one of which is asked for."),
    ] = None,
    letters: Letters = 8,
    lines: Lines = 20_000,
    seed: Seed = 1,
    output: Output = None,
) -> None:
    """Make lines that only memory can predict: a key, noise, a question mark and the key again; or items, one of which
    is asked for, and the item after it: abc|dba|ccd?abc>dba."""
    if (gap is None) == (items is None):
        from charlm.errors import UsageError

        what = "--gap and --items are two forms of recall" if items else "recall needs --gap, or --items"
        raise UsageError(what, "charlm data synthetic recall", "Give --gap 50, or --items 2-6.")
    if items is not None:
        associative_recall(items, letters, lines, seed, output)
    elif gap is not None:
        _gap(gap, lines, seed, output)


def _gap(gap: int, lines: int, seed: int, output: Path | None) -> None:
    """The lines of `recall --gap`."""
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


add_tasks(app)
add_tasks(app, data_tracking.COMMANDS)
