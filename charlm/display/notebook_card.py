"""A card in a notebook: a title, a curve, facts, settings, a sample. Knows no run, no model and no kernel.

A card is a fragment of HTML that any notebook shows. It loads nothing and runs nothing: its picture is an `img` whose
SVG is in its address, so that a notebook shows it even if it does not trust the file. jinja2 escapes every text.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from charlm.display.curve_svg import HEIGHT, WIDTH, Points, curve_in_words, curve_svg
from charlm.display.html_page import page_file, without_controls

if TYPE_CHECKING:
    from jinja2 import Template


@dataclass(frozen=True)
class Card:
    """`rows` are names and values, `code` is Python to go on with. `train` and `valid` are (characters, bits).

    `end` is where the axis of the curve ends, `progress` the share of a training that is done; None if it has ended.
    """

    title: str
    about: str = ""
    rows: Sequence[tuple[str, str]] = ()
    settings: Sequence[str] = ()
    train: Points = ()
    valid: Points = ()
    end: float | None = None
    sample: str | None = None
    sample_title: str = "a sample"
    progress: float | None = None
    note: str = ""
    code: Sequence[str] = ()

    def _repr_html_(self) -> str:
        return card_html(self)

    def __repr__(self) -> str:
        """What a notebook shows where it shows no HTML."""
        lines = [
            f"{self.title} {self.about}",
            *(f"{name:<9} {value}" for name, value in self.rows),
            *([] if self.sample is None else [f"{self.sample_title}:", self.sample]),
            *([self.note] if self.note else []),
            *self.code,
        ]
        return without_controls("\n".join(lines))


def card_html(card: Card) -> str:
    """The card as a fragment of HTML."""
    svg = curve_svg(card.train, card.valid, card.end)
    picture = f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}" if svg else ""
    words = curve_in_words(card.train, card.valid)
    return _template().render(card=card, picture=picture, words=words, width=WIDTH, height=HEIGHT)


@cache
def _template() -> Template:
    """The template, compiled once: a card is drawn twice a second. What cannot be seen is shown by signs."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    loader = FunctionLoader(page_file)
    environment = Environment(autoescape=True, undefined=StrictUndefined, loader=loader, finalize=_shown)
    return environment.get_template("notebook.html")


def _shown(value: object) -> object:
    return without_controls(value) if type(value) is str else value
