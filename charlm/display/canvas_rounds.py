"""The canvas of a DRAW model round by round: on a terminal, as a picture, as JSON. Knows no model.

On a terminal each place shows its likeliest symbol, the brighter the likelier; without colours a place of which nothing
is likelier than all else together is a dot. Shape letters: S rounds, N places.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from charlm.display.figures import INK, new_figure, style_axes
from charlm.display.printing import has_colour, print_stderr, until_closed, write_highlighted, write_safely
from charlm.display.symbol_pieces import in_one_cell
from charlm.latent.canvas import CanvasRounds
from charlm.text.vocabulary import LOST, Vocabulary

DARKEST, BRIGHTEST = 235, 255  # grey backgrounds among a terminal's 256 colours; the letters are black
SURE = 0.5
BLURRED = "·"


def print_canvas(about: Mapping[str, Any], vocabulary: Vocabulary, found: CanvasRounds) -> None:
    """A line for each round, with the bits of the line on its canvas."""
    print_stderr(f"{about['run']}, step {about['step']:,}; {subject(about)}")
    coloured = has_colour(sys.stdout)
    with until_closed(sys.stdout):
        write_safely(sys.stdout, "round     bits  canvas\n" if found.bits is not None else "round  canvas\n")
        for number, (symbols, shares) in enumerate(zip(found.symbols, found.shares, strict=True)):
            bits = "" if found.bits is None else f"{found.bits[number]:9.1f}"
            write_safely(sys.stdout, f"{number:>5}{bits}  ")
            for symbol, share in zip(symbols.tolist(), shares.tolist(), strict=True):
                if coloured:
                    shade = DARKEST + round(share * (BRIGHTEST - DARKEST))
                    write_highlighted(sys.stdout, shown(vocabulary, symbol), shade)
                else:
                    write_safely(sys.stdout, shown(vocabulary, symbol) if share >= SURE else BLURRED)
            write_safely(sys.stdout, "\n")
    meaning = "the brighter, the likelier" if coloured else f"{BLURRED} is a place where nothing has a half"
    print_stderr(f"the likeliest symbol of each place; {meaning}")


def subject(about: Mapping[str, Any]) -> str:
    """What is on the canvas, in words."""
    return f"looks at {about['line']!r}" if about["line"] is not None else f"makes a line up, seed {about['seed']}"


def shown(vocabulary: Vocabulary, symbol: int) -> str:
    """A symbol in one cell of a terminal."""
    return in_one_cell(vocabulary.symbols[symbol] or LOST, LOST)


def canvas_json(vocabulary: Vocabulary, found: CanvasRounds) -> dict[str, Any]:
    """For each round: the bits of the line, and the likeliest symbol of each place with its probability."""
    rounds = []
    for number, (symbols, shares) in enumerate(zip(found.symbols, found.shares, strict=True)):
        places = [
            {"symbol": vocabulary.symbols[symbol], "probability": share}
            for symbol, share in zip(symbols.tolist(), shares.tolist(), strict=True)
        ]
        bits = None if found.bits is None else float(found.bits[number])
        rounds.append({"round": number, "bits": bits, "places": places})
    return {"rounds": rounds}


def draw_canvas(about: Mapping[str, Any], vocabulary: Vocabulary, found: CanvasRounds) -> bytes:
    """A picture: rounds from above down, places from left to right, each cell as dark as its symbol is likely.

    Raises UsageError if matplotlib is not installed.
    """
    rounds, places = found.symbols.shape
    figure = new_figure(1.2 + 0.32 * places, 1.0 + 0.32 * rounds, Path("--png"))
    axes = figure.add_subplot()
    style_axes(axes)
    axes.spines["bottom"].set_visible(False)
    axes.imshow(found.shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for round_, place in np.ndindex(rounds, places):
        share = found.shares[round_, place]
        colour = "white" if share > 0.6 else INK
        text = shown(vocabulary, int(found.symbols[round_, place])).replace("$", r"\$")
        axes.text(place, round_, text, color=colour, alpha=float(0.25 + 0.75 * share), ha="center", va="center")
    axes.set_yticks(range(rounds))
    axes.set_xticks([])
    axes.set_ylabel("round", color=INK)
    axes.set_title(f"{about['run']} {subject(about)}", loc="left", fontsize=10, color=INK)
    drawn = BytesIO()
    figure.savefig(drawn, format="png", metadata={"Software": None})
    return drawn.getvalue()
