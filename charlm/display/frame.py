"""One picture of a training in progress, laid out for a width and a height. A pure function: it knows no clock, no
terminal and no thread.

Lines are lists of rich segments and not tables: a frame is drawn several times a second during a training, and a table
costs ten times as much. Markup is never parsed.
"""

from __future__ import annotations

from functools import lru_cache
from io import StringIO

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from charlm.display.curve import FAINT, MARK, TRAIN, VALID, Curve, draw_curve
from charlm.display.printing import escape_controls
from charlm.display.status import TrainingStatus
from charlm.display.units import at_most, clock, in_bits, scientific, short
from charlm.display.view import describe_trouble

WIDEST = 108  # cells; longer lines are hard to read
COLUMN = (18, 22)  # cells of a column of numbers, at least and at most
GAP = (2, 6)  # cells between two columns, at least and at most
SMALL = 9  # lines; a lower terminal has room only for the bar and the numbers
AIRY = 26  # lines; on a higher terminal a blank line stands above the picture
CURVE = (4, 8)  # rows of the curve, at least and at most
SAMPLE = (3, 6)  # rows of the sample, at least and at most

PLAIN = Style()
STRONG = Style(bold=True)
ALARM = Style(color="red")

Line = list[Segment]


def layout_frame(
    status: TrainingStatus, curve: Curve, title: str, elapsed: float, left: float | None, width: int, height: int
) -> list[Line]:
    """The lines of one picture, at most `height`, each at most `width` cells wide; times in seconds.

    If there is little room, the sample is left out first, then the curve, then the title, then the numbers.
    """
    inner = max(8, min(width - 2, WIDEST))
    bar, numbers = _bar(status, inner), _numbers(status, elapsed, left, inner)
    if height < SMALL:
        return [_fit(line, width) for line in [bar, *numbers][: max(1, height)]]
    air: list[Line] = [[]] if height > AIRY else []
    lines = [*air, _title(status, title, inner), bar, [], *numbers]
    room = height - len(lines) - 2  # a note and the blank line before it
    rows = max(CURVE[0], min(CURVE[1], room * 2 // 5))
    drawn = draw_curve(curve, inner, rows) if room >= rows + 2 else []
    if drawn:
        lines += [[], _legend(status), *drawn]
        room -= len(drawn) + 2
    if status.sampled is not None and room >= SAMPLE[0] + 2:
        lines += [[], _heading(f"sample at step {status.sampled.step:,}", inner)]
        rows = min(room - 2, SAMPLE[1])
        sample = [[Segment(line)] for line in _folded(status.sampled.text[: inner * rows], inner, rows)]
        # The picture keeps its height from sample to sample; only the last one may be shorter.
        lines += sample if status.finished else sample + [[] for _ in range(rows - len(sample))]
    lines += [[], _note(status, inner)]
    return [_fit(line, width) for line in lines]


def _fit(line: Line, width: int) -> Line:
    """The line with its margin, cut at the width of the terminal."""
    return list(Segment.adjust_line_length([Segment(" "), *line], width, pad=False)) if line else line


def _title(status: TrainingStatus, title: str, width: int) -> Line:
    device = f"{status.started.device} {status.started.precision}" if status.started else ""
    room = max(0, width - len(device) - 1)
    name = escape_controls(title)
    name = set_cell_size(name, room) if cell_len(name) > room else name
    return [Segment(name, STRONG), Segment(" " * (width - cell_len(name) - len(device))), Segment(device, FAINT)]


def _bar(status: TrainingStatus, width: int) -> Line:
    progress = status.updated.progress if status.updated else 0.0
    cells = width - 7
    halves = int(2 * cells * min(1.0, max(0.0, progress)))
    done = "━" * (halves // 2) + "╸" * (halves % 2)
    return [Segment(done, TRAIN), Segment("─" * (cells - len(done)), FAINT), Segment(f"{progress:7.1%}", STRONG)]


def _numbers(status: TrainingStatus, elapsed: float, left: float | None, width: int) -> list[Line]:
    """Up to three columns of four: scores in bits per character, time and position, speed and step size."""
    newest, valid, best = status.updated, status.validated, status.best
    mark = at_most(bool(status.started and status.started.bounded))
    columns = [
        [
            ("train bits", f"{mark}{in_bits(newest.train_nats):.3f}" if newest else "", TRAIN),
            ("valid bits", f"{mark}{valid.bits:.3f}" if valid else "", VALID),
            ("best bits", f"{mark}{best.bits:.3f}" if best else "", VALID),
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


def _legend(status: TrainingStatus) -> Line:
    valid = [Segment("  "), Segment(MARK, VALID), Segment(" valid", FAINT)] if status.validated else []
    return [Segment("bits per character   ", FAINT), Segment("━", TRAIN), Segment(" train", FAINT), *valid]


def _heading(title: str, width: int) -> Line:
    return [Segment(f"── {title} ", FAINT), Segment("─" * max(0, width - len(title) - 4), FAINT)]


@lru_cache(maxsize=4)
def _folded(text: str, width: int, rows: int) -> tuple[str, ...]:
    """The first lines of an untrusted text, broken between words if possible."""
    console = Console(file=StringIO(), width=width)
    return tuple(line.plain for line in Text(escape_controls(text), tab_size=4).wrap(console, width)[:rows])


def _note(status: TrainingStatus, width: int) -> Line:
    newest = status.saved
    saved = f"saved step {newest.step:,}{', the best so far' if newest.best else ''}" if newest else ""
    if status.trouble is None:
        return [Segment(saved, FAINT)]
    times = f"{status.skips} skipped, " if status.skips > 1 else ""
    alarm = f"{times}{escape_controls(describe_trouble(status.trouble))}"
    beside = f"{saved}   " if saved and len(saved) + 3 + cell_len(alarm) <= width else ""
    return [Segment(beside, FAINT), Segment(alarm, ALARM)]
