"""`charlm export`: a model, or what it knows, as files for other programs.

Its commands are in the files that begin with the same word.
"""

from __future__ import annotations

import typer

from charlm.cli.export_html import html
from charlm.cli.export_vectors import vectors
from charlm.cli.help_pages import Command, Group, examples

app = typer.Typer(cls=Group, no_args_is_help=True)

HTML = examples("charlm export html mybook", 'charlm export html mybook -o owl.html --title "An owl" --weights int8')
VECTORS = examples(
    "charlm export vectors mybook mybook.txt -o vectors.npz", "charlm export vectors mybook -o lines.csv"
)


@app.callback()
def _group() -> None:
    """Write a model, or what it knows, as files for other programs."""


app.command("html", cls=Command, epilog=HTML)(html)
app.command("vectors", cls=Command, epilog=VECTORS)(vectors)
