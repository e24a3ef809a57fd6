"""`charlm runs`: what was trained, how well, and with which settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from charlm.cli.help_pages import Command, Group, examples
from charlm.display.output import print_columns, print_json, print_table

if TYPE_CHECKING:
    from charlm.runs.folder import Run
    from charlm.runs.summary import RunSummary

app = typer.Typer(cls=Group, no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command("list", cls=Command, epilog=examples("charlm runs list", "charlm runs list --json"))
def list_runs(as_json: Json = False) -> None:
    """List the runs, the oldest first; * marks the latest."""
    from charlm.display.run_tables import LIST_LEAST, LIST_NUMBERS, list_rows
    from charlm.runs import latest_run, runs_root
    from charlm.runs import list_runs as runs_in
    from charlm.runs.summary import summarize_run

    root = runs_root()
    summaries = [summarize_run(run) for run in runs_in(root)]
    latest = latest_run(root).name if summaries else None
    if as_json:
        print_json({"folder": str(root), "latest": latest, "runs": [_to_json(each) for each in summaries]})
    elif not summaries:
        typer.echo(f"There is no run yet in {root}. Train one: charlm train mybook.txt", err=True)
    else:
        print_table(list_rows(summaries, latest), keys=2, least=LIST_LEAST, right=LIST_NUMBERS)


@app.command("show", cls=Command, epilog=examples("charlm runs show", "charlm runs show mybook --json"))
def show(
    run: Annotated[str | None, typer.Argument(help="A run's name or folder. Default: the latest run.")] = None,
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
    runs: Annotated[list[str], typer.Argument(metavar="RUN RUN...", help="Names or folders.")], as_json: Json = False
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
