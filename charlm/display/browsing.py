"""What a browser of values shows, as a value, and what each key makes of it. Knows no terminal and no model.

Shape letters: P pieces, L lines.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from charlm.display.value_text import ValueText

Asked = Literal["", "text", "unit", "line"]  # what is being typed
Order = Literal["first", "here", "number"]
ORDERS: tuple[Order, ...] = ("first", "here", "number")
PAGE = 10  # lines


@dataclass(frozen=True)
class View:
    """The character that is looked at, the unit by its place in the order, and what is being typed."""

    place: int = 0
    unit: int = 0
    order: Order = "first"
    asked: Asked = ""
    typed: str = ""
    sought: str = ""  # the text that was searched last
    said: str = ""
    explained: bool = False
    ended: bool = False


def pressed(view: View, key: str, text: ValueText, units: int) -> View:
    """The view after a key. `unit` is typed as text: who draws looks it up (`typed_unit`)."""
    view = replace(view, said="", explained=False)
    if view.asked:
        return _typing(view, key, text)
    size = len(text)
    match key:
        case "q" | "escape":
            return replace(view, ended=True)
        case "right" | "left":
            return replace(view, place=min(size - 1, max(0, view.place + (1 if key == "right" else -1))))
        case "up" | "down" | "page up" | "page down":
            by = {"up": -1, "down": 1, "page up": -PAGE, "page down": PAGE}[key]
            return replace(view, place=moved_lines(text, view.place, by))
        case "home" | "end":
            return replace(view, place=0 if key == "home" else size - 1)
        case "tab" | "]":
            return replace(view, unit=(view.unit + 1) % units)
        case "back tab" | "[":
            return replace(view, unit=(view.unit - 1) % units)
        case "s":
            return replace(view, order=ORDERS[(ORDERS.index(view.order) + 1) % len(ORDERS)], unit=0)
        case "/" | "u" | "g":
            asked: dict[str, Asked] = {"/": "text", "u": "unit", "g": "line"}
            return replace(view, asked=asked[key], typed="")
        case "n":
            return found_text(view, text)
        case "?" | "h":
            return replace(view, explained=True)
        case _:
            return replace(view, said=f"{key} is no key here; ? lists them")


def _typing(view: View, key: str, text: ValueText) -> View:
    match key:
        case "escape":
            return replace(view, asked="", typed="")
        case "delete":
            return replace(view, typed=view.typed[:-1])
        case "enter":
            done = replace(view, asked="", typed="")
            if view.asked == "text":
                return found_text(replace(done, sought=view.typed or view.sought), text)
            if view.asked == "line":
                return gone_to_line(done, view.typed, text)
            return replace(done, typed=view.typed, said="unit")
        case _:
            return replace(view, typed=view.typed + key) if len(key) == 1 else view


def found_text(view: View, text: ValueText) -> View:
    """The view at the next place of what is sought, from the beginning after the last one."""
    if not view.sought:
        return replace(view, said="nothing was searched yet: / searches")
    start = int(text.offsets[view.place]) + 1
    offset = text.text.find(view.sought, start)
    if offset < 0:
        offset = text.text.find(view.sought)
    if offset < 0:
        return replace(view, said=f"the text does not have {view.sought!r}")
    return replace(view, place=text.piece_at(offset))


def gone_to_line(view: View, typed: str, text: ValueText) -> View:
    """The view at the beginning of a line, whose number was typed."""
    lines = len(text.line_starts)
    if not typed.isdecimal() or not 1 <= int(typed) <= lines:
        return replace(view, said=f"there is no line {typed!r}: lines are 1 to {lines:,}")
    return replace(view, place=int(text.line_starts[int(typed) - 1]))


def line_of(text: ValueText, place: int) -> int:
    """The number of the line of a piece, from 0."""
    return int(text.line_starts.searchsorted(place, side="right")) - 1


def moved_lines(text: ValueText, place: int, by: int) -> int:
    """The piece so many lines further, in the same column if the line is that long."""
    line = line_of(text, place)
    column = place - int(text.line_starts[line])
    wanted = min(len(text.line_starts) - 1, max(0, line + by))
    start = int(text.line_starts[wanted])
    stop = int(text.line_starts[wanted + 1]) if wanted + 1 < len(text.line_starts) else len(text)
    return min(start + column, stop - 1)
