"""Facts before a training, the summary after it, and the object for `--json`. Knows no training loop, opens no file.

On a terminal the summary is a panel with rules above and below. Elsewhere it is one plain line a fact, so that a log
can be searched.
"""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.style import Style
from rich.text import Text

from charlm.config.cell_files import consent
from charlm.display.console import silence_on_error
from charlm.display.printing import escape_controls, escape_unencodable
from charlm.display.tables import GAP, fit_pairs
from charlm.display.units import at_most, clock, counted, in_bits, short
from charlm.text.vocabulary import UNITS
from charlm.training.events import Finished, Started

if TYPE_CHECKING:
    from charlm.config.settings import Settings
    from charlm.pairs.pair_text import PairText
    from charlm.text.corpus import Corpus

Row = tuple[str, str]  # name, value

LABEL = 9  # cells of a name
DRY = "nothing was trained or written; `charlm config show` prints all settings"
FAINT = Style(dim=True)
REASONS = {
    "length": "trained to its full length",
    "patience": "stopped early, since validation no longer improved",
    "signal": "interrupted, and saved",
}


def text_rows(corpus: Corpus) -> list[Row]:
    """What was read, and how it is split."""
    unit = UNITS[corpus.vocabulary.unit]
    what = f"{corpus.encoding}: {corpus.characters:,} {unit}, {counted(corpus.vocabulary.size, 'symbol')}"
    sizes = {name: end - first for name, (first, end) in corpus.splits.items()}
    return [
        ("text", f"{' '.join(corpus.sources)}, {what}"),
        ("split", ", ".join(f"{name} {size:,}" for name, size in sizes.items() if size)),
        *_notes(corpus.notes),
    ]


def plan_rows(settings: Settings, corpus: Corpus, parameters: int) -> list[Row]:
    """What a training would do, for `--dry-run`."""
    return [*text_rows(corpus), *_planned(settings, parameters, _window(settings))]


def pair_plan_rows(settings: Settings, pairs: PairText, parameters: int) -> list[Row]:
    """The same for a training on pairs."""
    return [*pair_rows(pairs), *_planned(settings, parameters, f"{settings.training.batch_size} pairs")]


def _planned(settings: Settings, parameters: int, window: str) -> list[Row]:
    """The model, and how long it would be trained, with what an update reads."""
    values = ((name, getattr(settings.training, name)) for name in ("steps", "epochs", "budget"))
    length = next(f"{name} {value}" for name, value in values if value is not None)
    return [
        ("model", f"{settings.model.in_short()}, {parameters:,} parameters"),
        ("length", f"{length}, {window} an update"),
        ("dry run", DRY),
    ]


def _window(settings: Settings) -> str:
    """What an update reads."""
    training = settings.training
    if settings.model.latent.kind is not None:
        return f"{training.batch_size} whole lines"
    return f"{training.batch_size} x {training.seq_len} characters"


def started_rows(started: Started) -> list[Row]:
    """What is trained, on which device, and for how long."""
    if started.budget is not None:
        length = f"{clock(started.budget)} of wall-clock time"
    else:
        length = counted(started.epochs, "epoch") if started.epochs is not None else counted(started.steps or 0, "step")
    resumed = [] if started.resumed_at is None else [("resumed", f"at step {started.resumed_at:,}")]
    return [
        ("model", f"{started.parameters:,} parameters"),
        ("device", f"{started.device}, {started.precision}"),
        ("length", f"{length}, {started.batch_size} x {started.seq_len} characters a step"),
        *resumed,
        *_notes(started.notes),
    ]


def finished_rows(finished: Finished, path: Path) -> list[Row]:
    """How the training ended: scores in bits per character (nats, perplexity), characters read, and the folder."""
    rows = [("ended", f"{REASONS.get(finished.reason, finished.reason)}, at step {finished.step:,}")]
    if finished.best_nats is not None:
        mark = at_most(finished.bounded)
        perplexity = f"perplexity {mark}{_perplexity(finished.best_nats):.2f}"
        rows.append(("valid", f"{mark}{_score(finished.best_nats)}, {perplexity}"))
    if finished.best_step is not None and finished.last_nats is not None:
        last = f"; the last one has {at_most(finished.bounded)}{in_bits(finished.last_nats):.3f} bits"
        rows.append(
            ("best", f"at step {finished.best_step:,}{'' if finished.last_nats == finished.best_nats else last}")
        )
    at = "" if finished.best_step in (None, finished.step) else f", at step {finished.step:,}"
    speed = f"{short(_speed(finished))} a second"
    return [
        *rows,
        ("train", f"{at_most(finished.bounded)}{_score(finished.train_nats)}{at}"),
        ("read", f"{finished.characters:,} characters in {clock(finished.seconds)}, {speed}"),
        ("kept in", str(path)),
    ]


def next_commands(finished: Finished, run: str, options: Sequence[str] = (), cells: Iterable[str] = ()) -> list[str]:
    """Commands for the next step, ready to be copied; `options` are those of the first sample, `cells` are names."""
    name = shlex.quote(run) + consent(cells)
    prompted = "".join(f" {shlex.quote(option)}" for option in options)
    resume = [f"charlm train --resume {name}"] if finished.reason == "signal" else []
    if finished.bounded:
        return [*resume, f"charlm sample {name} --count 10", f"charlm eval bound {name}"]
    return [*resume, f"charlm sample {name}{prompted}", f"charlm eval perplexity {name} FILE"]


def pair_rows(pairs: PairText) -> list[Row]:
    """What was read, and how it is split, of a text of pairs."""
    corpus, sizes = pairs.corpus, {name: len(part) for name, part in pairs.splits.items()}
    what = f"{corpus.encoding}: {sum(sizes.values()):,} pairs, {counted(corpus.vocabulary.size, 'symbol')}"
    return [
        ("text", f"{' '.join(corpus.sources)}, {what}"),
        ("split", ", ".join(f"{name} {size:,}" for name, size in sizes.items() if size) + ", by source"),
        *_notes(pairs.notes),
    ]


def pair_commands(finished: Finished, run: str, cells: Iterable[str] = ()) -> list[str]:
    """Commands for the next step after a training on pairs."""
    name = shlex.quote(run) + consent(cells)
    resume = [f"charlm train --resume {name}"] if finished.reason == "signal" else []
    return [*resume, f"charlm convert {name} < FILE", f"charlm eval pairs {name}"]


def summary_json(finished: Finished, run: str, path: Path) -> dict[str, object]:
    """The object of `charlm train --json`. Valid scores are those of the best step; None without validation."""
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
        "train_bits_per_character": in_bits(finished.train_nats),
        "characters": finished.characters,
        "seconds": finished.seconds,
        "characters_per_second": _speed(finished),
        **({"bounded": True} if finished.bounded else {}),
    }


def print_summary(console: Console, finished: Finished, run: str, path: Path, commands: Sequence[str]) -> None:
    """The summary at the end, with commands for the next step: a panel on a terminal, lines elsewhere."""
    rows = finished_rows(finished, path)
    if not console.is_terminal:
        print_rows(console, [*rows, *(("next", command) for command in commands)])
        return
    inside = console.width - 2
    body = [line for row in rows for line in _lines(console, row, inside)]
    body += [Text(), *(Text(_escaped(console, command), style="cyan") for command in commands)]
    name = set_cell_size(_escaped(console, run), min(cell_len(run), inside - 4))
    title = Text.assemble(("\u2500 ", FAINT), (name, "bold"), (" " + "\u2500" * (inside - 1 - cell_len(name)), FAINT))
    bottom = Text("\u2500" * console.width, style=FAINT)
    with silence_on_error(console):
        console.print(Text(), title, soft_wrap=True, sep="\n")
        for line in body:
            console.print(Text.assemble(" ", line), soft_wrap=True)  # a command that is broken cannot be copied
        console.print(bottom, soft_wrap=True)


def print_rows(console: Console, rows: Sequence[Row]) -> None:
    """Rows as lines, names dim and aligned. Lines wrap only on a terminal: elsewhere one fact is one line."""
    with silence_on_error(console):
        for row in rows:
            for line in _lines(console, row, console.width if console.is_terminal else None):
                console.print(line, soft_wrap=True)


def _lines(console: Console, row: Row, width: int | None) -> list[Text]:
    """The name, and beside it the value, wrapped between words to the width."""
    name, value = row
    label = f"{name:<{LABEL}}"
    lines = fit_pairs([(label[: LABEL - GAP], _escaped(console, value))], width)
    return [Text.assemble((line[:LABEL], FAINT), line[LABEL:]) for line in lines]


def _escaped(console: Console, text: str) -> str:
    return escape_unencodable(escape_controls(text), console.encoding)


def _notes(notes: Sequence[str]) -> list[Row]:
    return [("note", note) for note in notes]


def _score(nats: float) -> str:
    return f"{in_bits(nats):.3f} bits per character ({nats:.4f} nats)"


def _perplexity(nats: float) -> float:
    return math.exp(min(nats, 700.0))  # a broken run can have a huge score, which must not raise OverflowError


def _speed(finished: Finished) -> float:
    return finished.characters / finished.seconds if finished.seconds > 0 else 0.0
