"""A text as one HTML file, coloured by surprise. Knows no model.

html_page.py has what it shares with other pages. The script makes no elements from the text.

The page is at most four times as long as the text, or 256 KB. Of a long text, the spans are made by the script, and the
likeliest characters are kept only where the surprise is at least some bits: the first number of them that fits.

Shape letters: P pieces, K likeliest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from charlm.display.html_page import render_page, without_controls
from charlm.display.surprise import STEPS, SurpriseText
from charlm.display.surprise_data import PointerData
from charlm.display.surprise_terminal import lines_of, span_bits
from charlm.display.symbol_pieces import LINE_ENDS

if TYPE_CHECKING:
    from charlm.evaluation.characters import CharacterScores
    from charlm.evaluation.likeliest import Likeliest
    from charlm.evaluation.spans import Span
    from charlm.text.vocabulary import Vocabulary

TAGS = ("", "b", "i", "s", "u", "q")  # of the steps: one letter each, as there are many
LARGEST, TIMES = 256 * 1024, 4  # bytes of a page, and how many times as long as the text it may be
TAG = len("<b></b>")
SHOWN = 160  # characters of a span in the list


@dataclass(frozen=True)
class Head:
    """What the page says above the text."""

    title: str
    summary: str


def surprise_page(
    head: Head, text: SurpriseText, found: CharacterScores, likeliest: Likeliest, spans: Sequence[Span]
) -> str:
    """The page."""
    sign = {one: "\n" if one in LINE_ENDS else without_controls(one) for one in set(text.pieces)}
    shown = [sign[piece] for piece in text.pieces]
    pointer = PointerData.of(text, shown, likeliest, found.vocabulary.size > 256)
    size = len("".join(shown).encode())
    room = max(LARGEST, TIMES * size)
    for drawn in (True, False):
        if drawn and size + TAG * int(np.count_nonzero(np.diff(text.steps, prepend=0) * text.steps)) > room:
            continue
        page = _page(head, text, shown, found, pointer, spans, drawn)
        least, data = pointer.fitted(room - len(page(0.0, "").encode()))
        whole = page(least, data)
        if least == 0 and len(whole.encode()) <= room:
            break
    return whole


def _page(
    head: Head,
    text: SurpriseText,
    shown: list[str],
    found: CharacterScores,
    pointer: PointerData,
    spans: Sequence[Span],
    drawn: bool,
) -> Callable[[float, str], str]:
    """The page as a function of the bits from which the likeliest are kept, and of the data. If its spans are not
    `drawn`, the script makes them."""
    runs = list(_runs(text, shown, spans, drawn))
    about = {
        "units": int(pointer.units.sum()),
        "kept": pointer.ids.shape[1],
        "wide": found.vocabulary.size > 256,
        "unscored": bool(np.isnan(found.nats[0])),
        "symbols": _names(found.vocabulary),
        "drawn": drawn,
        "tags": TAGS,
    }

    def page(least: float, data: str) -> str:
        kept = "all characters" if not least else f"characters of at least {least:g} bits"
        return render_page(
            "surprise",
            head.title,
            {"about": {**about, "least": least}},
            {"data": data},
            summary=head.summary,
            legend=_legend(text),
            spans=_span_rows(text, shown, spans),
            note=f"The pointer shows a character's bits and the five likeliest in its place, kept for {kept}.",
            runs=runs,
        )

    return page


def _runs(
    text: SurpriseText, shown: list[str], spans: Sequence[Span], drawn: bool
) -> Iterator[tuple[int, str, str, bool]]:
    """The number of the span that begins there or 0, the tag, the text, and whether it is a line end that is marked."""
    anchors = {span.start: number for number, span in enumerate(spans, 1)}
    if not drawn:
        starts = [0, *sorted(set(anchors) - {0}), len(shown)]
        for start, stop in pairwise(starts):
            yield anchors.get(start, 0), "", "".join(shown[start:stop]), False
        return
    for first, run, step in SurpriseText(shown, text.bits, text.places).runs(tuple(anchors)):
        yield anchors.get(first, 0), TAGS[step], run, run == "\n"


def _legend(text: SurpriseText) -> list[dict[str, str]]:
    counts = np.bincount(text.steps, minlength=len(TAGS)) / max(1, len(text.pieces))
    limits = [*(f"{low}-{high}" for low, high in zip((0, *STEPS), STEPS, strict=False)), f"{STEPS[-1]} and more"]
    return [
        {"tag": tag, "limits": limit, "share": f"{share:.1%}"}
        for tag, limit, share in zip(TAGS, limits, counts.tolist(), strict=True)
    ]


def _span_rows(text: SurpriseText, shown: list[str], spans: Sequence[Span]) -> list[dict[str, str]]:
    return [
        {
            "line": f"{line:,}",
            "characters": f"{span.stop - span.start:,}",
            "bits": f"{span_bits(text, span):,.1f}",
            "text": "".join(shown[span.start : min(span.stop, span.start + SHOWN)]),
        }
        for span, line in zip(spans, lines_of(text, spans), strict=True)
    ]


def _names(vocabulary: Vocabulary) -> list[str]:
    """What each symbol is called on the page; the script gives signs to those that cannot be seen."""
    if vocabulary.unit == "byte":
        return [one if " " <= one <= "~" or one == "\n" else f"0x{ord(one):02x}" for one in vocabulary.symbols]
    return [symbol if symbol in ("\n", "\t", "\x1e") else without_controls(symbol) for symbol in vocabulary.symbols]
