"""One picture of a training in progress, laid out for a width and a height. A pure function: it knows no clock, no
terminal and no thread.

Lines are lists of rich segments and not tables, because a frame is drawn several times a second beside a training and
a table costs ten times as much. Nothing here is parsed as markup.
"""

from __future__ import annotations

from functools import lru_cache
from io import StringIO

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from charlm.display.curve import FAINT, MARK, TRAIN, VALID, Curve, draw
from charlm.display.printing import visible
from charlm.display.view import Seen, clock, in_bits, scientific, short, trouble

WIDEST = 108  # cells; longer lines are no longer read with ease
COLUMN = (18, 22)  # cells of a column of numbers, at least and at most
GAP = (2, 6)  # cells between two of them, at least and at most
SMALL = 9  # lines; under this there is room for the bar and numbers alone
AIRY = 26  # lines; above this the picture is set off from what stands before it
CURVE = (4, 8)  # rows of the curve, at least and at most
SAMPLE = (3, 6)  # rows of the sample, at least and at most

PLAIN = Style()
STRONG = Style(bold=True)
ALARM = Style(color="red")

Line = list[Segment]


def frame(
    seen: Seen, curve: Curve, title: str, elapsed: float, left: float | None, width: int, height: int
) -> list[Line]:
    """The lines of one picture, at most `height`, each at most `width` cells wide; times in seconds.

    Where there is little room the sample goes first, then the curve, then the title, then the numbers.
    """
    inner = max(8, min(width - 2, WIDEST))
    bar, numbers = _bar(seen, inner), _numbers(seen, elapsed, left, inner)
    if height < SMALL:
        return [_set(line, width) for line in [bar, *numbers][: max(1, height)]]
    air: list[Line] = [[]] if height > AIRY else []
    lines = [*air, _title(seen, title, inner), bar, [], *numbers]
    room = height - len(lines) - 2  # a note and the blank line before it
    rows = max(CURVE[0], min(CURVE[1], room * 2 // 5))
    drawn = draw(curve, inner, rows) if room >= rows + 2 else []
    if drawn:
        lines += [[], _legend(seen), *drawn]
        room -= len(drawn) + 2
    if seen.sampled is not None and room >= SAMPLE[0] + 2:
        lines += [[], _heading(f"sample at step {seen.sampled.step:,}", inner)]
        rows = min(room - 2, SAMPLE[1])
        sample = [[Segment(line)] for line in _folded(seen.sampled.text[: inner * rows], inner, rows)]
        # The picture keeps its height from sample to sample, until it is the last.
        lines += sample if seen.finished else sample + [[] for _ in range(rows - len(sample))]
    lines += [[], _note(seen, inner)]
    return [_set(line, width) for line in lines]


def _set(line: Line, width: int) -> Line:
    """The line with its margin, cut where the terminal ends."""
    return list(Segment.adjust_line_length([Segment(" "), *line], width, pad=False)) if line else line


def _title(seen: Seen, title: str, width: int) -> Line:
    where = f"{seen.started.device} {seen.started.precision}" if seen.started else ""
    room = max(0, width - len(where) - 1)
    name = visible(title)
    name = set_cell_size(name, room) if cell_len(name) > room else name
    return [Segment(name, STRONG), Segment(" " * (width - cell_len(name) - len(where))), Segment(where, FAINT)]


def _bar(seen: Seen, width: int) -> Line:
    progress = seen.updated.progress if seen.updated else 0.0
    cells = width - 7
    halves = int(2 * cells * min(1.0, max(0.0, progress)))
    done = "━" * (halves // 2) + "╸" * (halves % 2)
    return [Segment(done, TRAIN), Segment("─" * (cells - len(done)), FAINT), Segment(f"{progress:7.1%}", STRONG)]


def _numbers(seen: Seen, elapsed: float, left: float | None, width: int) -> list[Line]:
    """Up to three columns of four: how good it is (bits per character), where it is, how it moves."""
    newest, valid, best = seen.updated, seen.validated, seen.best
    columns = [
        [
            ("train bits", f"{in_bits(seen.train_nats):.3f}" if newest else "", TRAIN),
            ("valid bits", f"{valid.bits:.3f}" if valid else "", VALID),
            ("best bits", f"{best.bits:.3f}" if best else "", VALID),
            ("at step", f"{best.step:,}" if best else "", PLAIN),
        ],
        [
            ("elapsed", clock(elapsed), PLAIN),
            ("left", "" if left is None else clock(left), PLAIN),
            ("step", f"{newest.step:,}" if newest else "", PLAIN),
            ("epoch", f"{newest.epoch:.2f}" if newest else "", PLAIN),
        ],
        [
            ("read", short(newest.characters) if newest else "", PLAIN),
            ("chars/s", short(newest.characters_per_second) if newest else "", PLAIN),
            ("rate", scientific(newest.learning_rate) if newest else "", PLAIN),
            ("gradient", f"{newest.gradient_norm:#.3g}" if newest else "", PLAIN),
        ],
    ]
    shown = max(1, min(len(columns), (width + GAP[0]) // (COLUMN[0] + GAP[0])))
    cells = min(COLUMN[1], (width + GAP[0]) // shown - GAP[0])
    gap = Segment(" " * min(GAP[1], (width - shown * cells) // max(1, shown - 1)))
    lines: list[Line] = []
    for row in zip(*columns[:shown], strict=True):
        line: Line = []
        for name, value, style in row:
            line += [Segment(name, FAINT), Segment((value or "-").rjust(cells - len(name)), style), gap]
        lines.append(line[:-1])
    return lines


def _legend(seen: Seen) -> Line:
    valid = [Segment("  "), Segment(MARK, VALID), Segment(" valid", FAINT)] if seen.validated else []
    return [Segment("bits per character   ", FAINT), Segment("━", TRAIN), Segment(" train", FAINT), *valid]


def _heading(words: str, width: int) -> Line:
    return [Segment(f"── {words} ", FAINT), Segment("─" * max(0, width - len(words) - 4), FAINT)]


@lru_cache(maxsize=4)
def _folded(text: str, width: int, rows: int) -> tuple[str, ...]:
    """The first lines of a text of anybody's, broken between words where possible."""
    console = Console(file=StringIO(), width=width)
    return tuple(line.plain for line in Text(visible(text), tab_size=4).wrap(console, width)[:rows])


def _note(seen: Seen, width: int) -> Line:
    saved = f"saved step {seen.saved.step:,}{', the best so far' if seen.saved.best else ''}" if seen.saved else ""
    if seen.trouble is None:
        return [Segment(saved, FAINT)]
    times = f"{seen.skips} skipped, " if seen.skips > 1 else ""
    alarm = f"{times}{visible(trouble(seen.trouble))}"
    beside = f"{saved}   " if saved and len(saved) + 3 + cell_len(alarm) <= width else ""
    return [Segment(beside, FAINT), Segment(alarm, ALARM)]
