"""The results of `charlm inspect lens`: on the terminal, as JSON, arrays and a page. Knows no run and no model.

Shape letter: N characters.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from charlm.display.output import print_table
from charlm.display.printing import print_stderr
from charlm.display.signed_text import print_signed
from charlm.display.symbol_pieces import Pieces, symbol_name
from charlm.display.text_page import PageTable, Series, signed_series, text_page
from charlm.display.units import in_bits
from charlm.inspection.lens import Lens, LensView
from charlm.text.vocabulary import Vocabulary

HEADING = ("lens", "bits/char", "mean rank", "first guess right", "guesses as the last layer")
LEVELS = (1, 2, 4, 8, 16)  # bits at which a character's next colour begins


def print_lens(about: Mapping[str, Any], vocabulary: Vocabulary, found: Lens, layer: int, shown: int) -> None:
    """The end of the text, coloured by what the layers above `layer` gain, and a table of the lenses."""
    print_stderr(f"{about['run']}, step {about['step']:,}; read: {about['text']}")
    below = [view for view in found.views if view.layer == layer and view is not found.last]
    if below:
        view = below[-1]  # the fitted one, if there is one
        part = slice(max(0, len(found.targets) - shown), None)
        pieces = Pieces.of(vocabulary, found.targets[part])
        gained = pieces.sums(in_bits(1.0) * (view.nats - found.last.nats)[part])
        print_signed(pieces.texts, gained, f"the last layer is better than {view.name}", "worse")
    print_table(summary_rows(found), right=HEADING[1:])
    print_stderr(judged_note(found))


def summary_rows(found: Lens) -> list[tuple[str, ...]]:
    """A row for each lens, over the characters that it was not fitted to."""
    rows: list[tuple[str, ...]] = [HEADING]
    for view in found.views:
        nats, ranks = view.nats[found.judged], view.ranks[found.judged]
        rows.append(
            (
                view.name,
                f"{in_bits(float(nats.mean())):.3f}",
                f"{1 + ranks.mean():.2f}",
                f"{(ranks == 0).mean():.1%}",
                f"{found.agreement(view):.1%}",
            )
        )
    return rows


def judged_note(found: Lens) -> str:
    """Which characters count."""
    count = len(found.last.nats[found.judged])
    return f"over {count:,} characters" + (", the half that no lens was fitted to" if found.judged.start else "")


def lens_json(found: Lens) -> dict[str, Any]:
    """The summary of each lens."""
    return {
        "characters": len(found.last.nats[found.judged]),
        "missing": list(found.missing),
        "lenses": [
            {
                "lens": view.name,
                "layer": view.layer,
                "fitted": view.fitted,
                "nats_per_character": float(view.nats[found.judged].mean()),
                "mean_rank": 1 + float(view.ranks[found.judged].mean()),
                "first_guess_right": float((view.ranks[found.judged] == 0).mean()),
                "agreement": found.agreement(view),
            }
            for view in found.views
        ],
    }


def lens_arrays(found: Lens) -> dict[str, np.ndarray]:
    """Of each character (N,): its id and place, and for each lens a row of nats, ranks (from 0) and likeliest ids."""
    return {
        "lenses": np.array([view.name for view in found.views]),
        "ids": found.targets,
        "places": found.places,
        "nats": np.stack([view.nats for view in found.views]),
        "ranks": np.stack([view.ranks for view in found.views]),
        "likeliest": np.stack([view.likeliest for view in found.views]),
    }


def lens_page(about: Mapping[str, Any], vocabulary: Vocabulary, found: Lens, shown: int) -> str:
    """The end of the text, coloured by the bits of each lens, and by what the last layer gains over each."""
    part = slice(max(0, len(found.targets) - shown), None)
    pieces = Pieces.of(vocabulary, found.targets[part])
    series = []
    for view in reversed(found.views[:-1]):
        gained = pieces.sums(in_bits(1.0) * (view.nats - found.last.nats)[part])
        series.append(signed_series(f"gain over {view.name}", gained, "bits", "the last layer is better", "worse"))
    series += [_bits_series(vocabulary, view, part, pieces) for view in found.views]
    table = PageTable("The lenses", [*summary_rows(found)], frozenset(range(1, len(HEADING))))
    lines = [f"{about['run']}, step {about['step']:,}; read: {about['text']}", *found.missing]
    note = f"The table is {judged_note(found)}."
    return text_page("What the head makes of each layer", lines, pieces, series, "", [table], [note])


def _bits_series(vocabulary: Vocabulary, view: LensView, part: slice, pieces: Pieces) -> Series:
    bits = pieces.sums(in_bits(1.0) * view.nats[part])
    steps = np.searchsorted(LEVELS, bits, side="right").tolist()
    ranks, likeliest = view.ranks[part][pieces.places], view.likeliest[part][pieces.places]
    shown = [
        f"{value:.2f} bits, rank {rank + 1}, first guess {symbol_name(vocabulary, guess)}"
        for value, rank, guess in zip(bits.tolist(), ranks.tolist(), likeliest.tolist(), strict=True)
    ]
    legend = [("bits from", ""), *((str(level), f"s{step}") for step, level in enumerate(LEVELS, 1))]
    return Series(view.name, [f"s{step}" if step else "" for step in steps], shown, legend)
