"""`charlm export`: a model, or what it knows, as files for other programs.

Its commands are in the files that begin with the same word.
"""

from __future__ import annotations

import typer

from charlm.cli.export_html import html
from charlm.cli.export_models import hub, onnx, torch
from charlm.cli.export_vectors import vectors
from charlm.cli.help_pages import Command, Group, examples

app = typer.Typer(cls=Group, no_args_is_help=True)

HTML = examples("charlm export html mybook", 'charlm export html mybook -o owl.html --title "An owl" --weights int8')
VECTORS = examples(
    "charlm export vectors mybook mybook.txt -o vectors.npz", "charlm export vectors mybook -o lines.csv"
)
TORCH = examples("charlm export torch mybook", "charlm export torch mybook -o forms/torch")
ONNX = examples("charlm export onnx mybook", "charlm export onnx mybook -o mybook.onnx --force")
HUB = examples("charlm export hub mybook --licence mit", "charlm export hub mybook -o owl --name Owl --card card.md")


@app.callback()
def _group() -> None:
    """Write a model, or what it knows, as files for other programs."""


app.command("html", cls=Command, epilog=HTML)(html)
app.command("torch", cls=Command, epilog=TORCH)(torch)
app.command("onnx", cls=Command, epilog=ONNX)(onnx)
app.command("hub", cls=Command, epilog=HUB)(hub)
app.command("vectors", cls=Command, epilog=VECTORS)(vectors)
