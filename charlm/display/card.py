"""What is said before a training and after it: facts as aligned rows, the card at the end, the object for `--json`.

This file knows no training loop and opens no file; it is given what happened and says it. On a terminal the card has
rules above and below; elsewhere the same rows are plain lines, so that a log can be searched.
"""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console, Group
from rich.panel import Panel
from rich.style import Style
from rich.text import Text

from charlm.display.printing import expressible, visible
from charlm.display.talk import lasting
from charlm.display.view import clock, in_bits, short
from charlm.training.events import Finished, Started

if TYPE_CHECKING:
    from charlm.text.corpus import Corpus

Row = tuple[str, str]  # name, value

LABEL = 9  # cells of a name
FAINT = Style(dim=True)
REASONS = {
    "length": "trained to its full length",
    "patience": "stopped early, since validation no longer improved",
    "signal": "interrupted, and saved",
}


def text_rows(corpus: Corpus) -> list[Row]:
    """What was read, and how it is split."""
    unit = "characters" if corpus.vocabulary.unit == "character" else "bytes"
    what = f"{corpus.encoding}: {corpus.characters:,} {unit}, {corpus.vocabulary.size:,} symbols"
    sizes = {name: end - first for name, (first, end) in corpus.splits.items()}
    return [
        ("text", f"{' '.join(corpus.sources)}, {what}"),
        ("split", ", ".join(f"{name} {size:,}" for name, size in sizes.items() if size)),
        *_notes(corpus.notes),
    ]


def started_rows(started: Started) -> list[Row]:
    """What is about to be trained, where, and for how long."""
    if started.budget is not None:
        length = f"{clock(started.budget)} of wall-clock time"
    else:
        length = f"{started.epochs:g} epochs" if started.epochs is not None else f"{started.steps or 0:,} steps"
    resumed = [] if started.resumed_at is None else [("resumed", f"at step {started.resumed_at:,}")]
    return [
        ("model", f"{started.parameters:,} parameters"),
        ("device", f"{started.device}, {started.precision}"),
        ("length", f"{length}, {started.batch_size} x {started.seq_len} characters a step"),
        *resumed,
        *_notes(started.notes),
    ]


def finished_rows(finished: Finished, path: Path) -> list[Row]:
    """How it ended: scores in bits per character (nats, perplexity), what was read, where it is."""
    rows = [("ended", f"{REASONS.get(finished.reason, finished.reason)}, at step {finished.step:,}")]
    if finished.best_nats is not None:
        rows.append(("valid", f"{_score(finished.best_nats)}, perplexity {_perplexity(finished.best_nats):.2f}"))
    if finished.best_step is not None and finished.last_nats is not None:
        last = f"; the last one has {in_bits(finished.last_nats):.3f} bits"
        rows.append(
            ("best", f"at step {finished.best_step:,}{'' if finished.last_nats == finished.best_nats else last}")
        )
    speed = f"{short(_speed(finished))} a second"
    return [
        *rows,
        ("train", _score(finished.train_nats)),
        ("read", f"{finished.characters:,} characters in {clock(finished.seconds)}, {speed}"),
        ("kept in", str(path)),
    ]


def next_commands(finished: Finished, run: str, prompt: str = "") -> list[str]:
    """What a person would type next, ready to be copied. A prompt should be of characters that the model knows."""
    name = shlex.quote(run)
    prompted = f" --prompt {shlex.quote(prompt)}" if prompt else ""
    resume = [f"charlm train --resume {name}"] if finished.reason == "signal" else []
    return [*resume, f"charlm sample {name}{prompted}", f"charlm eval perplexity {name} FILE"]


def result(finished: Finished, run: str, path: Path) -> dict[str, object]:
    """The object of `charlm train --json`. The valid scores are those of the best step; None without validation."""
    best = finished.best_nats
    return {
        "run": run,
        "path": str(path),
        "reason": finished.reason,
        "step": finished.step,
        "best_step": finished.best_step,
        "valid_nats_per_character": best,
        "valid_bits_per_character": None if best is None else in_bits(best),
        "valid_perplexity": None if best is None else _perplexity(best),
        "train_nats_per_character": finished.train_nats,
        "characters": finished.characters,
        "seconds": finished.seconds,
        "characters_per_second": _speed(finished),
    }


def print_card(console: Console, finished: Finished, run: str, path: Path, prompt: str = "") -> None:
    """The card at the end: a panel on a terminal, lines elsewhere."""
    rows = finished_rows(finished, path)
    commands = next_commands(finished, run, prompt)
    if not console.is_terminal:
        print_rows(console, [*rows, *(("next", command) for command in commands)])
        return
    body = [_row(console, row) for row in rows]
    body += [Text(), *(Text(_shown(console, command), style="cyan") for command in commands)]
    title = Text(_shown(console, run), style="bold")
    card = Panel(Group(*body), box=box.HORIZONTALS, title=title, title_align="left", border_style="dim")
    with lasting(console):
        console.print(Text(), card, sep="\n")


def print_rows(console: Console, rows: Sequence[Row]) -> None:
    """Rows as lines, names dim and aligned; never wrapped where no terminal is, so that one fact is one line."""
    with lasting(console):
        for row in rows:
            console.print(_row(console, row), soft_wrap=not console.is_terminal)


def _row(console: Console, row: Row) -> Text:
    name, value = row
    return Text.assemble((f"{name:<{LABEL}}", FAINT), _shown(console, value))


def _shown(console: Console, text: str) -> str:
    return expressible(visible(text), console.encoding)


def _notes(notes: Sequence[str]) -> list[Row]:
    return [("note", note) for note in notes]


def _score(nats: float) -> str:
    return f"{in_bits(nats):.3f} bits per character ({nats:.4f} nats)"


def _perplexity(nats: float) -> float:
    return math.exp(min(nats, 700.0))  # an untrained model of a broken run must not end in an OverflowError


def _speed(finished: Finished) -> float:
    return finished.characters / finished.seconds if finished.seconds > 0 else 0.0
