"""`charlm export`: trained models in other forms. Its commands are in the files that begin with the same word."""

from __future__ import annotations

import typer

from charlm.cli.export_html import html
from charlm.cli.help_pages import Command, Group, examples

app = typer.Typer(cls=Group, no_args_is_help=True)

HTML = examples("charlm export html mybook", 'charlm export html mybook -o owl.html --title "An owl" --weights int8')


@app.callback()
def _group() -> None:
    """Write a trained model in another form."""


app.command("html", cls=Command, epilog=HTML)(html)
