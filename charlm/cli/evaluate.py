"""`charlm eval`: how well trained models predict texts. Its commands are in the files that begin with the same word."""

from __future__ import annotations

import typer

from charlm.cli.evaluate_card import card
from charlm.cli.evaluate_compare import compare
from charlm.cli.evaluate_perplexity import perplexity
from charlm.cli.help_pages import Command, Group, examples

app = typer.Typer(cls=Group, no_args_is_help=True)

CARD = examples("charlm eval card mybook", "charlm eval card mybook --split test --png card.png --markdown card.md")
PERPLEXITY = examples("charlm eval perplexity mybook", "charlm eval perplexity mybook otherbook.txt --json")
COMPARE = examples("charlm eval compare mybook names --text mybook.txt")


@app.callback()
def _group() -> None:
    """Score text with a trained model."""


app.command("perplexity", cls=Command, epilog=PERPLEXITY)(perplexity)
app.command("card", cls=Command, epilog=CARD)(card)
app.command("compare", cls=Command, epilog=COMPARE)(compare)
