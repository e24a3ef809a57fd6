"""`charlm runs` as tables: a list of runs, one run in detail, several compared. Knows no checkpoint and no file."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from charlm.config.cell_files import consent
from charlm.config.given import dotted
from charlm.config.settings import Settings
from charlm.config.stored import inline_yaml
from charlm.display.units import at_most, clock, counted, in_bits

if TYPE_CHECKING:
    from charlm.runs.summary import RunSummary

Row = tuple[str, ...]

# Settings that are shown even if they have their default value.
ALWAYS_SHOWN = ("text.sources", "model.cell", "model.hidden_size", "model.num_layers", "training.seed")
UNKNOWN = "-"

# Columns of the list: those that a narrow terminal leaves out, the least important first, and those of numbers.
LIST_LEAST = ("text", "time", "model", "steps")
LIST_NUMBERS = ("steps", "valid bits", "time")


def list_rows(summaries: Sequence[RunSummary], latest: str | None) -> list[Row]:
    """A heading, and a row a run; * marks the latest."""
    rows: list[Row] = [("", "run", "model", "steps", "valid bits", "time", "text")]
    for run in summaries:
        mark = "*" if run.name == latest else " "
        figures = _count(run.step), _bits(run.valid_nats, run), _time(run)
        rows.append((mark, run.name, _model(run), *figures, run.text or UNKNOWN))
    return rows


def removed_row(run: RunSummary) -> Row:
    """A run that is about to be removed."""
    return (
        run.name,
        _model(run),
        counted(int(run.step or 0), "step"),
        f"{_bits(run.valid_nats, run)} valid bits",
        str(run.folder),
    )


def run_rows(run: RunSummary, settings: Mapping[str, Any], target: str) -> list[Row]:
    """One run. `settings` are by dotted name; `target` is what a command takes for the run."""
    best = f", at step {_count(run.best_step)}" if run.best_step is not None else ""
    trained = f"{counted(int(run.step or 0), 'step')}, {_count(run.characters)} characters, {_time(run)}"
    return [
        ("run", run.name),
        ("folder", str(run.folder)),
        ("created", run.created or UNKNOWN),
        ("text", f"{run.text or UNKNOWN}, {_count(run.text_characters)} characters"),
        ("model", _model(run)),
        *([("from", run.origin)] if run.origin else []),
        *([("chosen", run.chosen)] if run.chosen else []),
        ("trained", trained if run.checkpoints else "not yet"),
        ("valid", f"{_score(run.valid_nats, run)}{best}"),
        ("train", f"{_score(run.train_nats, run)}{best}"),
        *_under("checkpoints", _checkpoints(run)),
        *_under("settings", notable_settings(settings)),
        *_under("changed", run.changed),
        *_under("next", _next_commands(target, _has_reached_its_length(run, settings), settings)),
    ]


def compared_rows(summaries: Sequence[RunSummary], differing: Mapping[str, Sequence[Any]]) -> list[Row]:
    """A column for each run: its scores, and the settings in which the runs differ."""
    return [
        ("", *(run.name for run in summaries)),
        ("valid bits", *(_bits(run.valid_nats, run) for run in summaries)),
        ("train bits", *(_bits(run.train_nats, run) for run in summaries)),
        ("steps", *(_count(run.step) for run in summaries)),
        ("characters", *(_count(run.characters) for run in summaries)),
        ("time", *(_time(run) for run in summaries)),
        *((name, *map(inline_yaml, values)) for name, values in differing.items()),
    ]


def notable_settings(settings: Mapping[str, Any]) -> list[str]:
    """The settings that are not the defaults and those of ALWAYS_SHOWN, in the form that -s takes."""
    usual = dotted(Settings())
    return [
        f"{name}={inline_yaml(value)}"
        for name, value in settings.items()
        if name in ALWAYS_SHOWN or name not in usual or value != usual[name]
    ]


def _checkpoints(run: RunSummary) -> list[str]:
    marks = [(run.best, "best"), (run.last, "last")]
    of = {name: ", ".join(mark for marked, mark in marks if marked == name) for name in run.checkpoints}
    return [f"{name} ({mark})" if mark else name for name, mark in of.items()] or ["none yet"]


def _next_commands(target: str, finished: bool, settings: Mapping[str, Any]) -> list[str]:
    cells = [settings.get("model.cell", ""), *(layer.get("cell", "") for layer in settings.get("model.layers") or ())]
    name = shlex.quote(target) + consent(map(str, cells))
    longer = " --more 5m" if finished else ""
    resume = f"charlm train --resume {name}{longer}"
    if settings.get("model.pairs.kind") is not None:
        return [f"charlm convert {name} < FILE", f"charlm eval pairs {name}", resume]
    score = f"perplexity {name} FILE" if settings.get("model.latent.kind") is None else f"bound {name}"
    return [f"charlm sample {name}", f"charlm eval {score}", resume]


def _has_reached_its_length(run: RunSummary, settings: Mapping[str, Any]) -> bool:
    """Whether there is nothing left to train, as far as the settings and the counts tell."""
    steps, epochs, budget = (settings.get(f"training.{name}") for name in ("steps", "epochs", "budget"))
    if steps is not None:
        return bool((run.step or 0) >= steps)
    if budget is not None:
        return bool((run.seconds or 0.0) >= budget - 1)
    share = (settings.get("text.splits") or [1.0])[0]
    characters = 0.999 * (epochs or 0.0) * share * (run.text_characters or 0.0)
    return bool(0 < characters <= (run.characters or 0.0))


def _under(label: str, values: Sequence[str]) -> list[Row]:
    """Several values under one label."""
    return [(label if number == 0 else "", value) for number, value in enumerate(values)]


def _model(run: RunSummary) -> str:
    latent = f", latent {run.latent}" if run.latent else ""
    if run.layers:
        return ", ".join(run.layers) + latent
    return UNKNOWN if run.cell is None else f"{run.cell} {_count(run.num_layers)} x {_count(run.hidden_size)}{latent}"


def _count(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:,.0f}"


def _bits(nats: float | None, run: RunSummary) -> str:
    return UNKNOWN if nats is None else f"{at_most(run.latent is not None)}{in_bits(nats):.3f}"


def _score(nats: float | None, run: RunSummary) -> str:
    return UNKNOWN if nats is None else f"{_bits(nats, run)} bits per character ({nats:.4f} nats)"


def _time(run: RunSummary) -> str:
    return UNKNOWN if run.seconds is None else clock(run.seconds)
