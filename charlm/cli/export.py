"""`charlm export`: what a model knows, as files for other programs. Its commands are in the files that begin with the
same word."""

from __future__ import annotations

import typer

from charlm.cli.export_vectors import vectors
from charlm.cli.help_pages import Command, Group, examples

app = typer.Typer(cls=Group, no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Write what a model knows as files for other programs."""


VECTORS = examples(
    "charlm export vectors mybook mybook.txt -o vectors.npz", "charlm export vectors mybook -o lines.csv"
)

app.command("vectors", cls=Command, epilog=VECTORS)(vectors)
