"""`charlm eval`: how well trained models predict texts. Its commands are in the files that begin with the same word."""

from __future__ import annotations

import typer

from charlm.cli.evaluate_answers import answers
from charlm.cli.evaluate_bound import bound
from charlm.cli.evaluate_card import card
from charlm.cli.evaluate_characters import characters
from charlm.cli.evaluate_compare import compare
from charlm.cli.evaluate_lines import lines
from charlm.cli.evaluate_matrix import matrix
from charlm.cli.evaluate_pairs import pairs
from charlm.cli.evaluate_perplexity import perplexity
from charlm.cli.evaluate_surprise import surprise
from charlm.cli.help_pages import Command, Group, examples

app = typer.Typer(cls=Group, no_args_is_help=True)

CARD = examples("charlm eval card mybook", "charlm eval card mybook --split test --png card.png --markdown card.md")
PERPLEXITY = examples("charlm eval perplexity mybook", "charlm eval perplexity mybook otherbook.txt --json")
CHARACTERS = examples(
    "charlm eval characters mybook", "charlm eval characters mybook letter.txt --by mean --tsv > lines.tsv"
)
SURPRISE = examples(
    "charlm eval surprise mybook letter.txt",
    "charlm eval surprise mybook letter.txt --html letter.html",
    "charlm eval surprise mybook --spans 20",
)
LINES = examples(
    "charlm eval lines names newnames.txt", "charlm eval lines names labelled.tsv --label-column 2 --positive fake"
)
ANSWERS = examples(
    "charlm eval answers copier copy-50.txt", "charlm eval answers bits --ngram", "charlm eval answers sums --after ="
)
MATRIX = examples("charlm eval matrix austen dickens --text letter.txt --text novel.txt")
BOUND = examples("charlm eval bound names", "charlm eval bound names newnames.txt --draws 16 --json")
COMPARE = examples("charlm eval compare mybook names --text mybook.txt")


@app.callback()
def _group() -> None:
    """Score text with a trained model."""


app.command("perplexity", cls=Command, epilog=PERPLEXITY)(perplexity)
app.command("card", cls=Command, epilog=CARD)(card)
app.command("compare", cls=Command, epilog=COMPARE)(compare)
app.command("characters", cls=Command, epilog=CHARACTERS)(characters)
app.command("surprise", cls=Command, epilog=SURPRISE)(surprise)
app.command("lines", cls=Command, epilog=LINES)(lines)
app.command("bound", cls=Command, epilog=BOUND)(bound)
app.command("answers", cls=Command, epilog=ANSWERS)(answers)
PAIRS = examples("charlm eval pairs sums", "charlm eval pairs sums newsums.tsv --beam 1 --json")

app.command("pairs", cls=Command, epilog=PAIRS)(pairs)
app.command("matrix", cls=Command, epilog=MATRIX)(matrix)
