"""`charlm runs`: what was trained, how well, with which settings, and the curves of several runs in one picture."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from charlm.cli import runs_changing, runs_pushing, runs_watching
from charlm.cli.completing import complete_cell, complete_run
from charlm.cli.help_pages import Command, Group, examples
from charlm.cli.options import Json
from charlm.display.output import print_columns, print_json, print_table

if TYPE_CHECKING:
    from charlm.runs.folder import Run
    from charlm.runs.summary import RunSummary

app = typer.Typer(cls=Group, no_args_is_help=True)


@app.command(
    "list", cls=Command, epilog=examples("charlm runs list --sort valid --top 5", "charlm runs list --cell gru")
)
def list_runs(
    sort: Annotated[
        Literal["created", "name", "valid", "steps", "time"],
        typer.Option(help="What to sort by: the oldest, the best (valid) or the smallest first."),
    ] = "created",
    cell: Annotated[
        str | None, typer.Option(help="Only runs with a layer of this cell.", autocompletion=complete_cell)
    ] = None,
    text: Annotated[str | None, typer.Option(help="Only runs whose text has this in its name.")] = None,
    name: Annotated[str | None, typer.Option(help="Only runs that have this in their name.")] = None,
    top: Annotated[int | None, typer.Option(min=1, help="Only the first N.")] = None,
    as_json: Json = False,
) -> None:
    """List the runs, the oldest first; * marks the latest."""
    from charlm.display.run_tables import LIST_LEAST, LIST_NUMBERS, list_rows
    from charlm.runs import latest_run, runs_root
    from charlm.runs import list_runs as runs_in
    from charlm.runs.filling import clear_leftovers
    from charlm.runs.selecting import select_runs
    from charlm.runs.summary import summarize_run

    root = runs_root()
    clear_leftovers(root)
    every = [summarize_run(run) for run in runs_in(root)]
    summaries = select_runs(every, sort, cell, text, name)[:top]
    latest = latest_run(root).name if every else None
    if as_json:
        print_json({"folder": str(root), "latest": latest, "runs": [_to_json(each) for each in summaries]})
    elif not every:
        typer.echo(f"There is no run yet in {root}. Train one: charlm train mybook.txt", err=True)
    elif not summaries:
        typer.echo(f"None of the {len(every)} runs in {root} is one of these.", err=True)
    else:
        print_table(list_rows(summaries, latest), keys=2, least=LIST_LEAST, right=LIST_NUMBERS)


@app.command("show", cls=Command, epilog=examples("charlm runs show", "charlm runs show mybook --json"))
def show(
    run: Annotated[
        str | None, typer.Argument(help="A run's name or folder. Default: the latest run.", autocompletion=complete_run)
    ] = None,
    as_json: Json = False,
) -> None:
    """Show one run: scores, checkpoints, settings, folder, and commands for the next step."""
    from charlm.display.run_tables import run_rows
    from charlm.runs import open_run, runs_root
    from charlm.runs.summary import summarize_run

    opened = open_run(runs_root(), run)
    about, settings = summarize_run(opened), _settings(opened)
    if as_json:
        print_json({**_to_json(about), "settings": settings})
        return
    target = about.name if about.folder.parent == runs_root() else str(about.folder)
    print_columns(run_rows(about, settings, target))


@app.command("compare", cls=Command, epilog=examples("charlm runs compare mybook other"))
def compare(
    runs: Annotated[
        list[str], typer.Argument(metavar="RUN RUN...", help="Names or folders.", autocompletion=complete_run)
    ],
    as_json: Json = False,
) -> None:
    """Compare runs: their scores, and the settings in which they differ."""
    from charlm.display.run_tables import compared_rows
    from charlm.errors import UsageError
    from charlm.runs import open_run, runs_root
    from charlm.runs.summary import summarize_run

    if len(runs) < 2:
        raise UsageError(
            "A comparison needs at least two runs", f"charlm runs compare {runs[0]}", "Name two runs or more."
        )
    opened = [open_run(runs_root(), run) for run in runs]
    summaries, settings = [summarize_run(run) for run in opened], [_settings(run) for run in opened]
    names = dict.fromkeys(name for each in settings for name in each)
    values = {name: [each.get(name) for each in settings] for name in names}
    differing = {name: each for name, each in values.items() if any(value != each[0] for value in each)}
    if as_json:
        print_json({"runs": [_to_json(each) for each in summaries], "settings": differing})
    else:
        print_table(compared_rows(summaries, differing))


@app.command("plot", cls=Command, epilog=examples("charlm runs plot mybook other", "charlm runs plot a b -o ab.png"))
def plot(
    runs: Annotated[list[str], typer.Argument(metavar="RUN", help="Names or folders.", autocompletion=complete_run)],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE.png", help="Where to draw. Default: curves.png beside the runs."),
    ] = None,
    by: Annotated[
        Literal["characters", "steps", "seconds"], typer.Option(help="What the curves are drawn against.")
    ] = "characters",
) -> None:
    """Draw the learning curves of several runs in one picture, in bits per character."""
    from charlm.display.curves_plot import plot_curves
    from charlm.errors import UsageError
    from charlm.runs import open_run, read_metrics, runs_root

    opened = {run.folder.resolve(): run for run in (open_run(runs_root(), name) for name in runs)}
    # a name that two runs have, such as those of two studies, is told apart by the folder
    doubled = {name for name, count in Counter(run.name for run in opened.values()).items() if count > 1}
    labels = {str(run.folder) if run.name in doubled else run.name: run for run in opened.values()}
    path = output or runs_root() / "curves.png"
    try:
        rows = {f"{label}{_bounded(run)}": list(read_metrics(run.metrics)) for label, run in labels.items()}
        plot_curves(rows, by, path)
    except OSError as error:
        raise UsageError(
            f"The picture cannot be written: {error.strerror}", str(path), "Name another file after --output."
        ) from None
    print_columns([("drawn in", str(path))])


REMOVE = examples("charlm runs rm old older", "charlm runs rm old --yes")
RENAME = examples("charlm runs rename mybook-lstm-3 owl")
WATCH = examples("charlm runs watch", "charlm runs watch mybook --port 8080")
PUSH = examples("charlm runs push mybook --to tensorboard", "charlm runs push mybook --to mlflow --follow")
EXPORT = examples("charlm runs export mybook owl-model", "charlm runs export mybook owl.zip --training")

app.command("watch", cls=Command, epilog=WATCH)(runs_watching.watch)
app.command("push", cls=Command, epilog=PUSH)(runs_pushing.push)
app.command("rm", cls=Command, epilog=REMOVE)(runs_changing.remove)
app.command("rename", cls=Command, epilog=RENAME)(runs_changing.rename)
app.command("export", cls=Command, epilog=EXPORT)(runs_changing.export)


def _settings(run: Run) -> dict[str, Any]:
    """The run's settings by dotted name. Raises CheckpointError if its config file is missing."""
    from charlm.config.given import dotted
    from charlm.config.stored import from_yaml
    from charlm.errors import CheckpointError

    try:
        text = run.config.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CheckpointError(
            f"The settings of the run {run.name} cannot be read: {error}",
            str(run.config),
            "Its checkpoints can still be used.",
        ) from error
    return dotted(from_yaml(text, str(run.config)))


def _to_json(about: RunSummary) -> dict[str, Any]:
    from dataclasses import asdict

    from charlm.display.units import in_bits

    bits = None if about.valid_nats is None else in_bits(about.valid_nats)
    return {**asdict(about), "folder": str(about.folder), "valid_bits": bits}


def _bounded(run: Run) -> str:
    """What the label of a curve says of scores that are upper bounds."""
    from charlm.runs.summary import summarize_run

    return ", at most" if summarize_run(run).latent else ""
