"""A score card as Markdown and as a picture. Knows no model: a card is the object of `charlm eval card --json`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from charlm.display.card_table import Card, baseline_rows, footnotes, gain_rows, model_rows, title
from charlm.display.figures import INSTALL, has_matplotlib
from charlm.display.output import print_text
from charlm.display.printing import print_stderr
from charlm.errors import UsageError

STDOUT = "-"


def require_writable(markdown: Path | None, png: Path | None) -> None:
    """Raise UsageError before anything is computed, if a file could not be written in the end."""
    if png is not None and not has_matplotlib():
        raise UsageError("Drawing needs matplotlib", str(png), INSTALL)
    for option, path in (("--markdown", markdown), ("--png", png)):
        if path is not None and str(path) != STDOUT and (path.is_dir() or not path.parent.is_dir()):
            why = "it is a folder" if path.is_dir() else "its folder does not exist"
            raise UsageError(f"{option} names a file that cannot be written: {why}", str(path), "Name another file.")


def write_card(card: Card, markdown: Path | None, png: Path | None) -> None:
    """Write the files that were asked for, and say so. Raises UsageError if one cannot be written."""
    from charlm.display.card_plot import plot_card

    try:
        if markdown is not None and str(markdown) == STDOUT:
            print_text(card_markdown(card))
        elif markdown is not None:
            markdown.write_text(card_markdown(card), encoding="utf-8")
            print_stderr(f"written: {markdown}")
        if png is not None:
            plot_card(card, png)
            print_stderr(f"drawn in {png}")
    except OSError as error:
        raise UsageError(
            f"The card cannot be written: {error.strerror}", str(error.filename), "Name another file."
        ) from None


def card_markdown(card: Card) -> str:
    """Two tables and the footnotes."""
    parts = [f"### {_escaped(title(card))}", _table(model_rows(card)), _table(baseline_rows(card))]
    parts += [_table(gain_rows(card))] if card["gains"] else []
    parts += [_escaped(line) for line in footnotes(card)]
    return "\n\n".join(parts) + "\n"


def _table(rows: Sequence[Sequence[str]]) -> str:
    heading, *others = ([_escaped(cell) for cell in row] for row in rows)
    rule = ["---", *("---:" if any(cell[:1].isdigit() for cell in column) else "---" for column in _columns(others))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (heading, rule, *others))


def _columns(rows: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """The columns but for the first."""
    return list(zip(*rows, strict=True))[1:]


def _escaped(text: str) -> str:
    """Text that Markdown shows as it is."""
    return "".join(f"\\{one}" if one in "\\`*_[]<>|#" else one for one in text)
