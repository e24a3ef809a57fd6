"""A text as one HTML file with the values of some units, one of them as colour at a time. Knows no run.

A value is kept as one of 255 steps of its unit's scale (value_scale.py); html_page.py has what pages share.

Shape letters: P pieces, U units, K likeliest.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from charlm.display.html_page import render_page, without_controls
from charlm.display.symbol_pieces import LINE_ENDS
from charlm.display.value_scale import Scale
from charlm.display.value_text import ValueText

if TYPE_CHECKING:
    from charlm.inspection.recorded_values import Recorded
    from charlm.inspection.value_names import Unit
    from charlm.model.language_model import LanguageModel
    from charlm.text.vocabulary import Vocabulary

KEPT = 4  # likeliest next characters
STEPS = 127


@dataclass(frozen=True, eq=False)
class Shown:
    """What a page is about: the names of the text and the model, and what was recorded. `gates` are the layers whose
    value is a gate; `end` is the id that ends a record."""

    text: str
    model_name: str
    recorded: Recorded
    ids: np.ndarray
    model: LanguageModel
    vocabulary: Vocabulary
    gates: frozenset[int]
    end: int | None


@dataclass(frozen=True)
class UnitNote:
    """A unit of the page, and what is said about it."""

    unit: Unit
    note: str = ""


@dataclass(frozen=True)
class Findings:
    """A table above the text, with its heading; and what explains it."""

    title: str
    rows: Sequence[Sequence[str]]
    note: str


def states_page(about: Shown, text: ValueText, units: Sequence[UnitNote], findings: Findings | None = None) -> str:
    """The page of a part of the text; `text` has at least one piece, and there is at least one unit."""
    names = {value.layer: value.name for value in about.recorded.values}
    described, columns = [], []
    for one in units:
        column = about.recorded.column(one.unit)
        scale = Scale.of(column, one.unit.layer in about.gates)
        columns.append(np.rint(scale.shares(column[text.places]) * STEPS).astype(np.int8))
        described.append(
            {
                "unit": str(one.unit),
                "value": f"{names[one.unit.layer]} of layer {one.unit.layer}",
                "note": one.note,
                "middle": scale.middle,
                "spread": scale.spread,
            }
        )
    pieces = [_shown(piece) for piece in text.pieces]
    wide = about.vocabulary.size > 256
    kept = min(KEPT, about.vocabulary.size)
    symbols = [_shown(one) if one else "" for one in about.vocabulary.symbols]
    return render_page(
        "states",
        f"Inside {about.model_name.split(',')[0]}, reading {about.text}",
        {"about": {"pieces": pieces, "symbols": symbols, "kept": kept, "wide": wide}, "described": described},
        {"values": packed(np.stack(columns).tobytes()), "guesses": packed(_guesses(about, text, kept, wide))},
        ("common.js",),
        summary=f"{about.model_name}. {len(pieces):,} of {len(about.ids):,} characters, "
        f"{len(units)} of {len(about.recorded.units):,} units",
        note="A colour is the value after the model has read the character.",
        findings=findings.rows if findings else (),
        findings_title=findings.title if findings else "",
        findings_note=findings.note if findings else "",
    )


def packed(content: bytes) -> str:
    """Bytes for `unpack` of pages/common.js."""
    packing = zlib.compressobj(9, zlib.DEFLATED, -15)
    return base64.b64encode(packing.compress(content) + packing.flush()).decode()


def _shown(piece: str) -> str:
    return "\n" if piece in LINE_ENDS else without_controls(piece)


def _guesses(about: Shown, text: ValueText, kept: int, wide: bool) -> bytes:
    """For each piece (P,) the ids of the likeliest next symbols, and their shares of 255."""
    from charlm.inspection.guessing import next_guesses

    first, stop = int(text.places[0]), int(text.places[-1]) + 1
    ids, chances = next_guesses(about.model, about.ids, first, stop, kept, about.end)
    which = text.places - first
    numbers = ids[which].astype("<u2" if wide else np.uint8)
    shares = np.rint(chances[which] * 255).astype(np.uint8)
    rows = np.concatenate([numbers.view(np.uint8).reshape(len(which), -1), shares], axis=1)
    return np.ascontiguousarray(rows).tobytes()
