"""A summary of a run, for lists: read from the JSON of its checkpoints, with None for what is missing.

Verifies nothing: to use a checkpoint, open it with charlm.checkpoint, which is strict. Knows no model.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from charlm.config.cell_files import short_name
from charlm.runs.files import finite_number, read_json
from charlm.runs.folder import BEST, DESCRIPTION, LAST, Run, step_of


@dataclass(frozen=True)
class RunSummary:
    """One line about a run. Scores are mean nats per character of the best checkpoint; counts are of the newest."""

    name: str
    folder: Path
    created: str | None
    text: str | None
    text_characters: float | None
    cell: str | None
    hidden_size: float | None
    num_layers: float | None
    layers: tuple[str, ...]  # `lstm 128`, `gru 64`, if the layers were given one by one
    step: float | None
    characters: float | None
    seconds: float | None
    best_step: float | None
    train_nats: float | None
    valid_nats: float | None
    checkpoints: tuple[str, ...]
    best: str | None
    last: str | None
    origin: str | None = None  # the model that the run was begun from, in words
    changed: tuple[str, ...] = ()  # settings that a resume has changed, in words
    latent: str | None = None  # the kind of its latent variables, if it has some: its scores are then upper bounds
    chosen: str | None = None  # the settings that the run chose when it began, and why


def summarize_run(run: Run) -> RunSummary:
    """The summary of a run. Raises CheckpointError if the run's folder cannot be read."""
    checkpoints = run.checkpoints
    newest = checkpoints[-1] if checkpoints else None
    best = run.pointed(BEST)
    last = run.pointed(LAST)
    newest_body = _body(newest)
    best_body = newest_body if best in (None, newest) else _body(best)
    model, progress = _part(newest_body, "settings", "model"), _part(newest_body, "training")
    mark, scores = run.mark, _part(best_body, "scores")
    text = _part(newest_body, "text") or _part(mark, "text")
    return RunSummary(
        name=run.name,
        folder=run.folder,
        created=_text(mark.get("created")),
        text=_text(text.get("name")),
        text_characters=finite_number(text.get("characters")),
        cell=short_name(_text(model.get("cell")) or "") or None,
        hidden_size=finite_number(model.get("hidden_size")),
        num_layers=finite_number(model.get("num_layers")),
        layers=_layers(model),
        step=finite_number(newest_body.get("step")),
        characters=finite_number(progress.get("characters")),
        seconds=finite_number(progress.get("seconds")),
        best_step=None if best is None else step_of(best),
        train_nats=finite_number(scores.get("train_nats")),
        valid_nats=finite_number(scores.get("valid_nats")),
        checkpoints=tuple(path.name for path in checkpoints),
        best=None if best is None else best.name,
        last=None if last is None else last.name,
        origin=_origin(_part(mark, "from")),
        changed=_changed(mark.get("changed")),
        latent=_text(_part(model, "latent").get("kind")),
        chosen=_text(_part(mark, "automatic").get("note")),
    )


def _origin(recorded: Mapping[str, Any]) -> str | None:
    if not recorded:
        return None
    step, new = finite_number(recorded.get("step")) or 0, len(_text(recorded.get("new_symbols")) or "")
    beside = f", with {new:,} new symbol{'s' * (new > 1)}" if new else ""
    return f"{_text(recorded.get('run'))}, step {step:,.0f}{beside} ({_text(recorded.get('checkpoint'))})"


def _changed(recorded: object) -> tuple[str, ...]:
    """A line for each time that settings were changed; what is not as charlm writes it is left out."""
    lines = []
    for each in recorded if isinstance(recorded, list) else []:
        if isinstance(each, dict) and isinstance(settings := each.get("settings"), dict):
            pairs = {name: pair for name, pair in settings.items() if isinstance(pair, list) and len(pair) == 2}
            listed = ", ".join(f"{name} {json.dumps(old)} -> {json.dumps(new)}" for name, (old, new) in pairs.items())
            lines.append(f"after step {finite_number(each.get('step')) or 0:,.0f}: {listed}")
    return tuple(lines)


def _layers(model: Mapping[str, Any]) -> tuple[str, ...]:
    given = model.get("layers")
    layers = [layer for layer in given if isinstance(layer, dict)] if isinstance(given, list) else []
    shapes = [[str(layer.get(key) or model.get(key)) for key in ("cell", "hidden_size")] for layer in layers]
    return tuple(f"{short_name(cell)} {size}" for cell, size in shapes)


def _body(checkpoint: Path | None) -> dict[str, Any]:
    return {} if checkpoint is None else _part(read_json(checkpoint / DESCRIPTION), "body")


def _part(outer: Mapping[str, Any], *names: str) -> dict[str, Any]:
    for name in names:
        outer = inner if isinstance(inner := outer.get(name), dict) else {}
    return dict(outer)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
