"""`charlm runs`: what was trained, how well, and with which settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from charlm.display.output import print_columns, print_json

if TYPE_CHECKING:
    from charlm.runs.folder import Run
    from charlm.runs.summary import RunSummary

app = typer.Typer(no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

# Shown for every run, whether they are the defaults or not.
TELLING = ("text.sources", "model.cell", "model.hidden_size", "model.num_layers", "training.seed")
UNKNOWN = "-"


@app.command("list")
def list_runs(as_json: Json = False) -> None:
    """List the runs, the oldest first; * marks the latest."""
    from charlm.runs import latest_run, runs_root
    from charlm.runs import list_runs as runs_in
    from charlm.runs.summary import summarize_run

    root = runs_root()
    summaries = [summarize_run(run) for run in runs_in(root)]
    latest = latest_run(root).name if summaries else None
    if as_json:
        print_json({"folder": str(root), "latest": latest, "runs": [_plain(each) for each in summaries]})
    elif not summaries:
        typer.echo(f"There is no run yet in {root}. Train one: charlm train mybook.txt", err=True)
    else:
        heading = ("", "run", "model", "steps", "valid bits", "time", "text")
        print_columns([heading, *(("*" if each.name == latest else " ", *_row(each)) for each in summaries)])


@app.command("show")
def show(
    run: Annotated[str | None, typer.Argument(help="A run's name or folder; none: the latest.")] = None,
    as_json: Json = False,
) -> None:
    """Show one run: scores, checkpoints, settings, where it is, and what to do next."""
    from charlm.runs import open_run, runs_root
    from charlm.runs.summary import summarize_run

    opened = open_run(runs_root(), run)
    about, settings = summarize_run(opened), _settings(opened)
    if as_json:
        print_json({**_plain(about), "settings": settings})
        return
    best = f", at step {_count(about.best_step)}" if about.best_step is not None else ""
    trained = f"{_count(about.step)} steps, {_count(about.characters)} characters, {_time(about)}"
    facts = [
        ("run", about.name),
        ("folder", str(about.folder)),
        ("created", about.created or UNKNOWN),
        ("text", f"{about.text or UNKNOWN}, {_count(about.text_characters)} characters"),
        ("model", _model(about)),
        ("trained", trained if about.checkpoints else "not yet"),
        ("valid", f"{_bits(about.valid_nats)} bits per character{best}"),
        ("train", f"{_bits(about.train_nats)} bits per character"),
    ]
    print_columns(
        [
            *facts,
            *_beside("checkpoints", _checkpoints(about)),
            *_beside("settings", _told(settings)),
            *_beside("next", _next_commands(about)),
        ]
    )


@app.command("compare")
def compare(
    runs: Annotated[list[str], typer.Argument(metavar="RUN RUN...", help="Names or folders.")], as_json: Json = False
) -> None:
    """Compare runs: their scores, and the settings in which they differ."""
    from charlm.errors import UsageError
    from charlm.runs import open_run, runs_root
    from charlm.runs.summary import summarize_run

    if len(runs) < 2:
        raise UsageError("One run cannot be compared", f"charlm runs compare {runs[0]}", "Name two runs or more.")
    opened = [open_run(runs_root(), run) for run in runs]
    summaries, settings = [summarize_run(run) for run in opened], [_settings(run) for run in opened]
    names = dict.fromkeys(name for each in settings for name in each)
    values = {name: [each.get(name) for each in settings] for name in names}
    differing = {name: each for name, each in values.items() if any(value != each[0] for value in each)}
    if as_json:
        print_json({"runs": [_plain(each) for each in summaries], "settings": differing})
        return
    from charlm.config.stored import inline_yaml

    print_columns(
        [
            ("", *(each.name for each in summaries)),
            ("valid bits", *(_bits(each.valid_nats) for each in summaries)),
            ("train bits", *(_bits(each.train_nats) for each in summaries)),
            ("steps", *(_count(each.step) for each in summaries)),
            ("characters", *(_count(each.characters) for each in summaries)),
            ("time", *(_time(each) for each in summaries)),
            *((name, *map(inline_yaml, each)) for name, each in differing.items()),
        ]
    )


def _settings(run: Run) -> dict[str, Any]:
    """The settings that the run was made from, by dotted name."""
    from charlm.config.given import dotted
    from charlm.config.stored import from_yaml
    from charlm.errors import CheckpointError

    try:
        text = run.config.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CheckpointError(
            f"The run {run.name} has lost its settings: {error}", str(run.config), "Its checkpoints can still be used."
        ) from error
    return dotted(from_yaml(text, str(run.config)))


def _told(settings: dict[str, Any]) -> list[str]:
    """The settings that tell something, ready to be given after -s."""
    from charlm.config.given import dotted
    from charlm.config.settings import Settings
    from charlm.config.stored import inline_yaml

    usual = dotted(Settings())
    return [
        f"{name}={inline_yaml(value)}"
        for name, value in settings.items()
        if name in TELLING or name not in usual or value != usual[name]
    ]


def _checkpoints(about: RunSummary) -> list[str]:
    marks = [(about.best, "best"), (about.last, "last")]
    of = {name: ", ".join(mark for marked, mark in marks if marked == name) for name in about.checkpoints}
    return [f"{name} ({mark})" if mark else name for name, mark in of.items()] or ["none yet"]


def _next_commands(about: RunSummary) -> list[str]:
    import shlex

    from charlm.runs import runs_root

    name = shlex.quote(about.name if about.folder.parent == runs_root() else str(about.folder))
    return [f"charlm sample {name}", f"charlm eval perplexity {name} FILE", f"charlm train --resume {name}"]


def _row(about: RunSummary) -> tuple[str, ...]:
    score, text = _bits(about.valid_nats), about.text or UNKNOWN
    return about.name, _model(about), _count(about.step), score, _time(about), text


def _beside(label: str, values: Sequence[str]) -> list[tuple[str, str]]:
    return [(label if number == 0 else "", value) for number, value in enumerate(values)]


def _model(about: RunSummary) -> str:
    if about.layers:
        return ", ".join(about.layers)
    return UNKNOWN if about.cell is None else f"{about.cell} {_count(about.num_layers)} x {_count(about.hidden_size)}"


def _count(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:,.0f}"


def _bits(nats: float | None) -> str:
    from charlm.display.view import in_bits

    return UNKNOWN if nats is None else f"{in_bits(nats):.3f}"


def _time(about: RunSummary) -> str:
    from charlm.display.view import clock

    return UNKNOWN if about.seconds is None else clock(about.seconds)


def _plain(about: RunSummary) -> dict[str, Any]:
    """The summary as JSON has it."""
    from dataclasses import asdict

    from charlm.display.view import in_bits

    bits = None if about.valid_nats is None else in_bits(about.valid_nats)
    return {**asdict(about), "folder": str(about.folder), "valid_bits": bits}
