"""A browser of a model's values over a text, on a terminal: the text by one unit's colour, its trace, the next guess.

browsing.py has what keys do. Shape letters: N ids, U units.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from charlm.display.browsing import View, line_of, pressed
from charlm.display.folding import cells
from charlm.display.printing import escape_controls, has_colour, print_stderr
from charlm.display.symbol_pieces import END_MARK, LINE_ENDS, in_one_cell
from charlm.display.value_scale import BACKGROUNDS, HIGHEST, Scale
from charlm.display.value_terminal import column_of
from charlm.display.value_text import ValueText
from charlm.errors import UsageError
from charlm.inspection.guessing import next_guesses
from charlm.inspection.value_names import units_named, units_of
from charlm.text.quoting import quoted

if TYPE_CHECKING:
    from charlm.inspection.recorded_values import Floats, Recorded
    from charlm.inspection.value_names import Unit
    from charlm.model.language_model import LanguageModel
    from charlm.text.vocabulary import Vocabulary

GUESSES = 5
TRIED = 20_000  # characters from which scales are taken
SIDE = 26  # columns of the list of units
KEYS = (
    "arrows: character and line    page up, page down: ten lines    Home, End: beginning, end",
    "Tab or ]: next unit    Shift-Tab or [: unit before    s: order of units    u: a unit by its name",
    "/: search the text    n: next place    g: go to a line    ?: these keys    q: end",
)
HOME, CLEAR_LINE, CLEAR_BELOW = "\x1b[H", "\x1b[K", "\x1b[J"
ENTER_SCREEN, LEAVE_SCREEN = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"


@dataclass(frozen=True, eq=False)
class Browsed:
    """What is browsed. `first` are the columns of the units in the order that is shown first; `gates` are the layers
    whose value is a gate; `end` is the id that ends a record."""

    model: LanguageModel
    vocabulary: Vocabulary
    recorded: Recorded
    ids: np.ndarray
    text: ValueText
    title: str
    first: Sequence[int]
    gates: frozenset[int] = frozenset()
    end: int | None = None


class Screen:
    """Draws views as lines of a size; keeps what is slow to compute again."""

    def __init__(self, browsed: Browsed) -> None:
        self._of = browsed
        self._first = list(browsed.first)
        _, self._deviation = browsed.recorded.moments
        sample = np.unique(np.linspace(0, len(browsed.ids) - 1, min(TRIED, len(browsed.ids))).astype(np.int64))
        self._spreads = np.percentile(np.abs(browsed.recorded.rows(sample)), HIGHEST, axis=0)
        self._guesses = lru_cache(maxsize=64)(self._guessed)

    def unit(self, view: View) -> Unit:
        return self._of.recorded.units[self.order(view)[view.unit]]

    def order(self, view: View) -> list[int]:
        """The columns of the units in the order of the view."""
        if view.order == "number":
            return list(range(len(self._of.recorded.units)))
        if view.order == "here":
            row = self._row(view)
            return [int(n) for n in np.argsort(-np.abs(row) / np.maximum(self._deviation, 1e-6), kind="stable")]
        return self._first

    def after(self, view: View, key: str) -> View:
        """The view after a key; the unit stays the same when characters move, in any order of units."""
        before = self.unit(view)
        new = pressed(view, key, self._of.text, len(self._of.recorded.units))
        if new.said == "unit":  # a unit's name was typed
            typed = new.typed if ":" in new.typed else f"{before.layer}:{new.typed}"  # of the layer that is seen
            try:
                before = units_named([typed], units_of(self._of.recorded.values))[0]
            except UsageError as error:
                return replace(new, typed="", said=f"{error.what}; {error.remedy}")
            new = replace(new, typed="", said="")
        elif new.unit != view.unit or new.order != view.order:
            return new
        return replace(new, unit=self.order(new).index(column_of(self._of.recorded, before)))

    def lines(self, view: View, width: int, height: int) -> list[str]:
        """The lines of the screen, with colours; none is wider than `width` cells."""
        unit = self.unit(view)
        name = next(value.name for value in self._of.recorded.values if value.layer == unit.layer)
        value = float(self._row(view)[column_of(self._of.recorded, unit)])
        line = line_of(self._of.text, view.place) + 1
        order = {"first": "as given", "here": "by their value here", "number": "by number"}[view.order]
        top = f" {self._of.title}   unit {unit} ({name}) {value:+.3f}   line {line:,}   units {order} "
        found = [f"\x1b[7m{top[:width]:<{width}}\x1b[0m"]
        found += self._trace(view, unit, width)
        found += [self._next(view, width), "─" * width]
        room = max(1, height - len(found) - 1)
        side = self._side(view, room) if width >= 3 * SIDE else [""] * room
        text = self._text(view, unit, width - SIDE - 3 if width >= 3 * SIDE else width, room)
        body = [
            f"{one}{' ' * pad} │ {other}" if any(side) else one for (one, pad), other in zip(text, side, strict=True)
        ]
        found += body
        asked = {"text": "search: ", "unit": "unit: ", "line": "line: "}.get(view.asked, "")
        low = asked + view.typed + "█" if view.asked else view.said or "? lists the keys, q ends"
        if view.explained:
            found[-len(KEYS) :] = [each[:width] for each in KEYS]
        return [*found, escape_controls(low)[:width]]

    def _trace(self, view: View, unit: Unit, width: int) -> list[str]:
        """The unit's values around the character, as bars above the characters."""
        text = self._of.text
        first = max(0, min(view.place - width // 2, len(text) - width))
        part = text.part(first, min(len(text), first + width))
        bars = self._scale(unit).bars(self._values(unit, part))
        below = "".join(in_one_cell(one, "·") for one in part.pieces)
        at = view.place - first
        return [bars, f"{below[:at]}\x1b[7m{below[at]}\x1b[0m{below[at + 1 :]}"]

    def _next(self, view: View, width: int) -> str:
        ids, chances = self._guesses(view.place)
        parts = [f"{self._named(symbol)} {chance:.0%}" for symbol, chance in zip(ids, chances, strict=True)]
        return f" next: {'   '.join(parts)}"[:width]

    def _named(self, symbol: int) -> str:
        shown = self._of.vocabulary.symbols[symbol]
        return escape_controls({"\n": "↵", " ": "␣", "\t": "⇥"}.get(shown) or quoted(shown).strip("'"))

    def _guessed(self, place: int) -> tuple[list[int], list[float]]:
        at = int(self._of.text.places[place])
        ids, chances = next_guesses(self._of.model, self._of.ids, at, at + 1, GUESSES, self._of.end)
        return ids[0].tolist(), chances[0].tolist()

    def _side(self, view: View, room: int) -> list[str]:
        order = self.order(view)
        first = max(0, min(view.unit - room // 2, len(order) - room))
        values = self._row(view)
        lines = []
        for place in range(first, min(len(order), first + room)):
            unit, value = self._of.recorded.units[order[place]], float(values[order[place]])
            bar = self._scale(unit).bars(np.array([value]))
            line = f"{unit!s:>8} {value:+8.3f} {bar}"
            lines.append(f"\x1b[7m{line}\x1b[0m" if place == view.unit else line)
        return lines + [""] * (room - len(lines))

    def _row(self, view: View) -> Floats:
        """(U,) the values at the character."""
        row = int(self._of.text.places[view.place])
        return np.asarray(self._of.recorded.rows(slice(row, row + 1))[0])

    def _text(self, view: View, unit: Unit, width: int, room: int) -> list[tuple[str, int]]:
        """Lines of the text around the character, coloured, each with the cells that it leaves empty."""
        starts = self._of.text.line_starts
        here = line_of(self._of.text, view.place)
        lines: list[tuple[str, int]] = []
        at = 0
        for line in range(max(0, here - room), min(len(starts), here + room)):
            stop = int(starts[line + 1]) if line + 1 < len(starts) else len(self._of.text)
            if line == here:
                at = len(lines)
            lines += self._folded(view, unit, int(starts[line]), stop, width)
        first = max(0, min(at - room // 3, len(lines) - room))
        shown = lines[first : first + room]
        return shown + [("", width)] * (room - len(shown))

    def _folded(self, view: View, unit: Unit, start: int, stop: int, width: int) -> list[tuple[str, int]]:
        part = self._of.text.part(start, stop)
        steps = self._scale(unit).steps(self._values(unit, part))
        found, line, used = [], "", 0
        for number, (piece, step) in enumerate(zip(part.pieces, steps, strict=True), start):
            shown = END_MARK if piece in LINE_ENDS else " " if piece == "\t" else escape_controls(piece)
            if used + cells(shown) > width:
                found.append((line, width - used))
                line, used = "", 0
            style = f"38;5;16;48;5;{BACKGROUNDS[step]}" if step else ""
            if number == view.place:
                style = f"{style};4;1" if style else "7"
            if piece not in LINE_ENDS or style:
                line += f"\x1b[{style}m{shown}\x1b[0m" if style else shown
                used += cells(shown)
        return [*found, (line, width - used)]

    def _scale(self, unit: Unit) -> Scale:
        if unit.layer in self._of.gates:
            return Scale(0.5, 0.5)
        return Scale(0.0, max(1e-6, float(self._spreads[column_of(self._of.recorded, unit)])))

    def _values(self, unit: Unit, part: ValueText) -> Floats:
        return self._of.recorded.at(unit, part.places)


def browse(browsed: Browsed) -> None:
    """Show the browser until it is left. Raises UsageError for a terminal that cannot show it."""
    if not has_colour(sys.stdout) or sys.platform == "win32":
        where = "this terminal has no colours, or they are off"
        raise UsageError("The browser needs a terminal with colours", where, "Give --unit LAYER:N, --table or --html.")
    from charlm.display.terminal_keys import named_keys
    from charlm.signals import catchable_interrupts

    screen, view = Screen(browsed), View()
    out: Any = sys.stdout
    try:
        with catchable_interrupts(), named_keys() as keys:
            out.write(ENTER_SCREEN)
            while not view.ended:
                _draw(screen, view)
                view = screen.after(view, next(keys, "q"))
    except KeyboardInterrupt:
        pass
    finally:
        out.write(LEAVE_SCREEN)
        out.flush()
    unit = screen.unit(view)
    print_stderr(f"the last unit: charlm inspect states {browsed.title} --unit {unit}")


def _draw(screen: Screen, view: View) -> None:
    size = shutil.get_terminal_size()
    lines: Sequence[str] = screen.lines(view, size.columns, size.lines)
    encoding = sys.stdout.encoding or "utf-8"
    shown = f"{CLEAR_LINE}\r\n".join(lines).encode(encoding, "replace").decode(encoding)
    sys.stdout.write(f"{HOME}{shown}{CLEAR_LINE}{CLEAR_BELOW}")
    sys.stdout.flush()
