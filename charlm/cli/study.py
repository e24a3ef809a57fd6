"""`charlm study`: trains and compares variants over several seeds under one budget, and searches for settings."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated, Any

import typer

from charlm.cli.completing import complete_study
from charlm.cli.help_pages import Command, Group, examples
from charlm.cli.options import Json
from charlm.cli.study_engines import AtOnce, EngineName, Scheduler, Slurm, chosen_engine, engine_words, train_on
from charlm.cli.study_work import work
from charlm.display.output import print_columns, print_json, print_text, stdout_width

if TYPE_CHECKING:
    from charlm.studies.results import StudyFolder
    from charlm.studies.running import PreparedStudy

app = typer.Typer(cls=Group, no_args_is_help=True)


@app.command("list", cls=Command, epilog=examples("charlm study list"))
def list_studies(as_json: Json = False) -> None:
    """List the studies that come with charlm, each with its question."""
    from charlm.studies.study_files import bundled_studies, open_study

    found = {name: open_study(name) for name in bundled_studies()}
    if as_json:
        print_json({name: study.question for name, study in found.items()})
        return
    print_columns([(name, study.question) for name, study in found.items()])


@app.command(
    "run",
    cls=Command,
    epilog=examples(
        "charlm study run cells --quick",
        "charlm study run mystudy.yaml --name second",
        "charlm study run mystudy.yaml --engine local --at-once 2",
    ),
)
def run(
    study: Annotated[str, typer.Argument(help="A study's name, or a YAML file.", autocompletion=complete_study)],
    quick: Annotated[bool, typer.Option("--quick", help="Run the study's short form, under its own name.")] = False,
    name: Annotated[str | None, typer.Option("--name", help="Name for the results. Default: its own.")] = None,
    engine: EngineName = None,
    at_once: AtOnce = None,
    scheduler: Scheduler = None,
    slurm: Slurm = None,
    as_json: Json = False,
) -> None:
    """Train the runs of a study that are not finished, and print the report.

    After an interruption, repeat the command: it continues.
    """
    from charlm.config.presets import is_file_name
    from charlm.display.waiting import Waiting
    from charlm.errors import UsageError
    from charlm.runs import Run, lock_run, runs_root
    from charlm.studies.grid import make_alternatives
    from charlm.studies.results import FOLDER, StudyFolder, make_folder
    from charlm.studies.running import prepare_study
    from charlm.studies.study import NAME
    from charlm.studies.study_files import open_study

    opened = open_study(study)
    opened = opened.quick_form() if quick else opened
    if name is not None:
        if not NAME.fullmatch(name):
            raise UsageError(f"{name[:40]!r} cannot be the name of a study", "--name", "Use letters, digits, - and _.")
        opened = opened.model_copy(update={"name": name})
    source = study if is_file_name(study) else f"study {study}"
    alternatives = make_alternatives(opened, source)
    home = StudyFolder(runs_root() / FOLDER / opened.name)
    home.refuse_change(opened)
    chosen = chosen_engine(engine, opened, home, at_once, scheduler, slurm)
    with Waiting("reading the texts and solving the sizes"):
        prepared = prepare_study(opened, alternatives, home.folder, source)
    make_folder(home.folder)
    given = [study, *(["--quick"] if quick else []), *(["--name", name] if name else [])]
    command = shlex.join(["charlm", "study", "run", *given, *engine_words(engine, at_once, scheduler, slurm)])
    with lock_run(Run(home.folder)):
        home.begin(opened)
        if chosen is None:
            _train(prepared, home, command)
            home.collect()
        else:
            train_on(*chosen, prepared, home, command)
        result = _report(home)
    _print_report(result, as_json)


app.command("work", cls=Command, epilog=examples("charlm study work mystudy", "charlm study work /mnt/shared/mystudy"))(
    work
)


@app.command("report", cls=Command, epilog=examples("charlm study report", "charlm study report mystudy --json"))
def report(
    study: Annotated[
        str | None, typer.Argument(help="A study that was run, or its folder. Default: the latest one.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare the variants of a study with its baseline. Writes report.json, report.csv and report.png."""
    from charlm.errors import CheckpointError
    from charlm.runs import runs_root
    from charlm.studies.results import find_study

    home = find_study(runs_root(), study)
    if not home.results():
        raise CheckpointError(
            "No run of the study is finished yet", str(home.folder), "Continue it with: charlm study run"
        )
    _print_report(_report(home), as_json)


@app.command("search", cls=Command, epilog=examples("charlm study search mysearch.yaml"))
def search(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A YAML file with the settings and values to try.")],
    as_json: Json = False,
) -> None:
    """Search for the best values of settings, one setting after the other, by the score on the valid split."""
    from charlm.display.console import StderrConsole
    from charlm.display.search_view import SearchView, in_short, score_text
    from charlm.display.units import in_bits
    from charlm.errors import StoppedError
    from charlm.runs import Run, lock_run, runs_root
    from charlm.signals import Stop
    from charlm.studies.results import make_folder
    from charlm.studies.search import SearchFinished, SearchInterrupted, open_search, run_search

    wanted = open_search(file)
    home = runs_root() / f"search-{wanted.name}"
    make_folder(home)
    event = None
    with lock_run(Run(home)), Stop() as stop, SearchView(StderrConsole(), wanted.trials) as view:
        for event in run_search(wanted, home, file, stop.asked, stop.save_asked):
            view.show(event)
    if isinstance(event, SearchInterrupted):
        done = f"{event.number - 1} of {wanted.trials} candidates"
        raise StoppedError(
            stop.signal,
            f"Interrupted with {done} finished; everything is saved",
            str(home),
            f"Go on with: charlm study search {file}",
        )
    assert isinstance(event, SearchFinished)
    best = event.best
    bits = None if best.nats is None else in_bits(best.nats)
    if as_json:
        score = {"bits": bits, "nats": best.nats, **({"bounded": True} if best.bounded else {})}
        print_json({"search": wanted.name, "path": str(home), **score, "settings": best.values})
    else:
        print_columns([("best", score_text(best.nats, best.bounded), in_short(best.values))])


def _train(study: PreparedStudy, home: StudyFolder, command: str) -> None:
    """Train the study and show it. Raises StoppedError after a signal; `command` is what continues the study."""
    from charlm.display.study_view import view_of
    from charlm.errors import StoppedError
    from charlm.signals import Stop
    from charlm.studies.choosing import ChoosingInterrupted
    from charlm.studies.running import StudyInterrupted, run_study

    event = None
    with Stop() as stop, view_of(study) as view:
        for event in run_study(study, home, stop.asked, stop.save_asked):
            view.show(event)
    if isinstance(event, StudyInterrupted | ChoosingInterrupted):
        done = f"{len(home.results())} of {len(study.any_trials)} runs"
        if isinstance(event, ChoosingInterrupted):
            done = f"{len(home.choices())} of {len(study.candidates)} candidates"
        raise StoppedError(
            stop.signal,
            f"Interrupted with {done} finished; everything is saved",
            str(home.folder),
            f"Go on with: {command}",
        )


def _print_report(result: dict[str, Any], as_json: bool) -> None:
    from charlm.display.study_report import report_lines

    if as_json:
        print_json(result)
    else:
        print_text("\n".join(report_lines(result, stdout_width())) + "\n")


def _report(home: StudyFolder) -> dict[str, Any]:
    """Make the report, and write it in the study's folder as JSON, CSV and, with matplotlib, as a picture."""
    import json

    from charlm.display.figures import INSTALL, has_matplotlib
    from charlm.display.printing import print_stderr
    from charlm.display.study_plot import plot_study
    from charlm.errors import UsageError
    from charlm.runs import replace_text
    from charlm.studies.report import make_report, report_csv

    result = make_report(home.study(), home.results(), home.choices())
    replace_text(home.folder / "report.json", json.dumps(result, indent=1) + "\n")
    replace_text(home.folder / "report.csv", report_csv(result))
    if not has_matplotlib():
        print_stderr(f"There is no report.png: drawing needs matplotlib. {INSTALL}")
    else:
        try:
            plot_study(result, home.folder / "report.png")
        except UsageError as error:
            print_stderr(str(error.what))
    print_stderr(f"report.json, report.csv and report.png are in {home.folder}")
    return result
