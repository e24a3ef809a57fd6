"""Chooses the settings that are `auto` when a training begins: times a few updates, and applies the rule.

Knows no run, no kind of model and no terminal.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from charlm.checkpoint.kinds_of_model import count_parameters_of
from charlm.config.settings import Settings
from charlm.device import Compute
from charlm.engines.choices import engines_of
from charlm.engines.precision import compute_for
from charlm.training.lengths import duration
from charlm.training.rule import (
    LANES,
    WIDTHS,
    Candidate,
    best_width,
    enough,
    lanes,
    seconds_to_validate,
    settings_for,
    validations,
)
from charlm.training.speed import Speed, measure_speed
from charlm.training.task import Opened, Task

TIMED = (96, 256)  # widths whose updates are timed; the speed of others lies on the line through both
SHARE = 0.03  # of the budget for the timing, ...
MOST_SECONDS = 2.0  # ... and at most so much
MOST_KEPT = 0.25  # of the budget for a validation that will take long: the training comes first
CELL, WIDTH, DROPOUT = "model.cell", "model.hidden_size", "model.dropout"
BATCH_SIZE, BUDGET, VALIDATIONS = "training.batch_size", "training.budget", "training.validations"
BEST_CELL = "mut1"  # of all cells, at equal time, in docs/performance.md
CELL_OF_TORCH = "lstm"  # fast on a GPU, and without a compiler


@dataclass(frozen=True)
class Choice:
    """Settings without any `auto`, the values that were chosen by name, why, and the seconds that it took.

    `validation_seconds` are kept free of the budget for the first validation: what it is expected to take.
    """

    settings: Settings
    chosen: Mapping[str, object]
    why: str
    seconds: float
    validation_seconds: float

    def to_json(self) -> dict[str, object]:
        """What run.json keeps of it."""
        return {"chosen": dict(self.chosen), "note": self.note(), "seconds": self.seconds}

    def note(self) -> str:
        """`hidden_size 192, dropout 0.1: in 10m, at 21,000 characters a second, it reads the text 12 times (...)`"""
        shown = dict(self.chosen)
        if BUDGET in shown:
            shown[BUDGET] = duration(self.settings.training.budget or 0.0)
        values = ", ".join(f"{name.partition('.')[2]} {value}" for name, value in shown.items())
        return f"{values}: {self.why} (timed for {self.seconds:.1f} s of it)"


def choose(settings: Settings, automatic: Collection[str], text: Opened[Task]) -> Choice:
    """The settings with a value for each name in `automatic`. Their length is a time (`training.budget`).

    Raises UsageError if a model of this kind cannot be trained with them.
    """
    budget = settings.training.budget
    assert budget is not None
    settings = with_best_cell(settings, automatic, compute_for(settings))
    if BATCH_SIZE in automatic:
        settings = with_values(settings, {BATCH_SIZE: lanes_for(settings, text)})  # those that will be timed
    text = text.cut(settings)
    train, constants = text.reader.characters_per_epoch, text.constants
    candidates, spent = timed_candidates(settings, automatic, text, budget)
    model = best_width(candidates, train, constants)
    speed, times = model.characters / budget, model.characters / train
    why = f"in {duration(budget)}, at {speed:,.0f} characters a second, it reads the text {_number(times)} times"
    shorter = enough(model, train) if DROPOUT in automatic else model
    seconds = min(budget, spent + shorter.characters / speed)  # the timing is a part of what is left of the budget
    validation = seconds_to_validate(validated_characters(settings, text), speed)
    values = {
        CELL: settings.model.cell,
        BATCH_SIZE: settings.training.batch_size,
        VALIDATIONS: validations(seconds, validation),
        **settings_for(shorter, train, settings.model.cell, constants),
    }
    chosen = {name: value for name, value in values.items() if name in automatic}
    if shorter.characters < model.characters:
        chosen[BUDGET] = round(seconds, 1)
        why = f"{why.replace('reads', 'would read')}, and {_number(shorter.characters / train)} are enough"
    kept = min(validation, MOST_KEPT * seconds)
    return Choice(with_values(settings, chosen), chosen, why, spent, kept)


def timed_candidates(
    settings: Settings, automatic: Collection[str], text: Opened[Task], budget: float
) -> tuple[list[Candidate], float]:
    """Each width that may be chosen, with what it reads in the budget, and the seconds that the timing took."""
    timed, widths = (TIMED, WIDTHS) if WIDTH in automatic else ((settings.model.hidden_size,),) * 2
    patience = min(MOST_SECONDS, SHARE * budget) / len(TIMED)
    symbols = text.corpus.vocabulary.size
    sizes = {w: parameters_at(settings, w, symbols) for w in (*timed, *widths)}
    speeds = {sizes[w]: measure_speed(text.task(with_values(settings, {WIDTH: w})), patience) for w in timed}
    candidates = [Candidate(w, sizes[w], budget * speed_at(sizes[w], speeds)) for w in widths]
    return candidates, sum(speed.seconds for speed in speeds.values())


def validated_characters(settings: Settings, text: Opened[Task]) -> int:
    """How many a validation scores."""
    there, most = text.task(settings).sizes.valid_characters, settings.training.valid_characters
    return there if most is None else min(there, most)


def lanes_for(settings: Settings, text: Opened[Task]) -> int:
    """More of them for short records and targets, of which a lane reads one an update."""
    if not settings.text.records:
        return LANES
    reader = text.cut(with_values(settings, {BATCH_SIZE: LANES})).reader
    return lanes(reader.characters_per_epoch / (reader.windows_per_epoch * reader.batch_size))


def _number(times: float) -> str:
    return f"{times:,.0f}" if times >= 10 else f"{times:.2g}"


def with_best_cell(settings: Settings, automatic: Collection[str], compute: Compute) -> Settings:
    """With the cell that learns most from a character, if a kernel for it is compiled here; else with torch's fastest.

    Unchanged if the cell is not automatic.
    """
    if CELL not in automatic:
        return settings
    best = with_values(settings, {CELL: BEST_CELL})
    if compute.device_type == "cpu" and set(engines_of(best.model, compute).train) == {"cell kernel"}:
        return best
    return with_values(settings, {CELL: CELL_OF_TORCH})


def with_values(settings: Settings, values: Mapping[str, object]) -> Settings:
    """The settings with these values, by dotted name."""
    sections = {
        section: getattr(settings, section).model_copy(
            update={name.partition(".")[2]: value for name, value in values.items() if name.startswith(f"{section}.")}
        )
        for section in ("model", "training")
    }
    return settings.model_copy(update=sections)


def parameters_at(settings: Settings, width: int, symbols: int) -> int:
    """The parameters of a model of these settings and this width."""
    return count_parameters_of(with_values(settings, {WIDTH: width}).model, symbols)


def speed_at(parameters: int, speeds: Mapping[int, Speed]) -> float:
    """Characters per second of so many parameters: seconds a character lie on a line through those that were timed."""
    narrow, wide = min(speeds), max(speeds)
    seconds = {each: 1 / speed.characters_per_second for each, speed in speeds.items()}
    slope = max(0.0, (seconds[wide] - seconds[narrow]) / (wide - narrow)) if wide > narrow else 0.0
    return 1 / max(seconds[narrow] + slope * (parameters - narrow), seconds[narrow] / 4)
