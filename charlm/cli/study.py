"""`charlm study`: variants side by side over several seeds, under one budget. Wires the rooms; compares nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from charlm.display.output import print_columns, print_json

if TYPE_CHECKING:
    from charlm.studies.preparing import Ready
    from charlm.studies.results import StudyFolder
    from charlm.studies.study import Study

app = typer.Typer(no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command("list")
def list_studies(as_json: Json = False) -> None:
    """List the studies that come with charlm, each with its question."""
    from charlm.studies.study import open_study, studies

    found = {name: open_study(name) for name in studies()}
    if as_json:
        print_json({name: study.question for name, study in found.items()})
        return
    print_columns([(name, study.question) for name, study in found.items()])


@app.command("run")
def run(
    study: Annotated[str, typer.Argument(help="A study's name, or a YAML file.")],
    quick: Annotated[bool, typer.Option("--quick", help="Its short form, under a name of its own.")] = False,
    name: Annotated[str | None, typer.Option("--name", help="Keep it under this name instead of its own.")] = None,
    as_json: Json = False,
) -> None:
    """Train what is not trained yet of a study, and report. The same command goes on after an interruption."""
    from charlm.config.presets import is_file_name
    from charlm.errors import UsageError
    from charlm.runs import Run, lock_run, runs_root
    from charlm.studies.grid import trials
    from charlm.studies.preparing import prepare
    from charlm.studies.results import FOLDER, StudyFolder
    from charlm.studies.study import NAME, open_study

    opened = open_study(study)
    opened = opened.made_quick() if quick else opened
    if name is not None:
        if not NAME.fullmatch(name):
            raise UsageError(f"{name[:40]!r} cannot be the name of a study", "--name", "Use letters, digits, - and _.")
        opened = opened.model_copy(update={"name": name})
    source = study if is_file_name(study) else f"study {study}"
    planned = trials(opened, source)
    home = StudyFolder(runs_root() / FOLDER / opened.name)
    home.refuse_change(opened)
    ready = prepare(opened, planned, home.folder, source)
    _make(home)
    again = " ".join(["charlm study run", study, *(["--quick"] if quick else []), *(["--name", name] if name else [])])
    with lock_run(Run(home.folder)):
        home.begin(opened)
        _train(opened, ready, home, again)
        told = _report(home)
    if as_json:
        print_json(told)


@app.command("report")
def report(
    study: Annotated[str | None, typer.Argument(help="A study that was run, or its folder; none: the latest.")] = None,
    as_json: Json = False,
) -> None:
    """Compare the variants of a study with its baseline; writes report.json, report.csv and report.png beside it."""
    from charlm.display.study_view import report_lines
    from charlm.errors import CheckpointError
    from charlm.runs import runs_root
    from charlm.studies.results import find_study

    home = find_study(runs_root(), study)
    if not home.results():
        raise CheckpointError(
            "No run of the study is finished yet", str(home.folder), "Let it go on with: charlm study run"
        )
    told = _report(home)
    if as_json:
        print_json(told)
        return
    for line in report_lines(told):
        typer.echo(line)


def _make(home: StudyFolder) -> None:
    from charlm.errors import CheckpointError

    try:
        home.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CheckpointError(
            f"The folder of the study cannot be made: {error.strerror}",
            str(home.folder),
            "Set CHARLM_RUNS to a folder that can be written.",
        ) from error


def _train(study: Study, ready: list[Ready], home: StudyFolder, again: str) -> None:
    """Run the trials, show them, and raise StoppedError after a signal."""
    from charlm.display.live import is_fit
    from charlm.display.study_view import LiveStudy, PlainStudy
    from charlm.display.talk import Talk
    from charlm.errors import StoppedError
    from charlm.signals import Stop
    from charlm.studies.running import Interrupted
    from charlm.studies.running import run as running

    console = Talk()
    view = LiveStudy(console, study, ready) if is_fit(console) else PlainStudy(study, ready)
    interrupted = False
    with Stop() as stop, view:
        for event in running(ready, home, stop.asked):
            view.show(event)
            interrupted = isinstance(event, Interrupted)
    if interrupted:
        done = len(home.results())
        raise StoppedError(
            stop.signal,
            f"Interrupted with {done} of {len(ready)} runs finished; everything is saved",
            str(home.folder),
            f"Go on with: {again}",
        )


def _report(home: StudyFolder) -> dict[str, Any]:
    """Make the report and keep it beside the study as JSON, CSV and, where matplotlib is installed, a picture."""
    import json
    from importlib.util import find_spec

    from charlm.display.printing import say
    from charlm.display.study_picture import picture
    from charlm.errors import UsageError
    from charlm.runs import replace_text
    from charlm.studies.report import as_csv, report

    told = report(home.study(), home.results())
    replace_text(home.folder / "report.json", json.dumps(told, indent=1) + "\n")
    replace_text(home.folder / "report.csv", as_csv(told))
    if find_spec("matplotlib") is None:
        say("There is no report.png: drawing needs matplotlib. Install it with: pip install 'charlm[plot]'")
    else:
        try:
            picture(told, home.folder / "report.png")
        except UsageError as error:
            say(str(error.what))
    say(f"report.json, report.csv and report.png are in {home.folder}")
    return told
