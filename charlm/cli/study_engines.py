"""The engines of `charlm study run`: their options, which of them go together, and a study that runs on one.

Without `--engine` a study trains in the process of the command, one run after the other.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from charlm.cli.ranges import require_within
from charlm.errors import UsageError

if TYPE_CHECKING:
    from charlm.studies.launching.jobs import Engine, Job
    from charlm.studies.results import StudyFolder
    from charlm.studies.running import PreparedStudy
    from charlm.studies.study import Study

MOST = 1024  # jobs at a time
WORK = "charlm study work"

EngineName = Annotated[
    Literal["local", "folder", "slurm", "dask"] | None,
    typer.Option(
        help="Train several runs at once: in processes on this machine (local), and on all machines that join with "
        "`charlm study work` (folder), as jobs of Slurm, or on a Dask cluster. Default: one after the other."
    ),
]
AtOnce = Annotated[
    int | None,
    typer.Option(
        metavar="K",
        help="How many at once. Default: as many as this machine has cores, or 1 if the budget is seconds; "
        "on Slurm and with --scheduler as many as there is room for.",
    ),
]
Scheduler = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="Dask's scheduler. Default: a cluster of its own on this machine.")
]
Slurm = Annotated[
    list[str] | None,
    typer.Option(metavar="KEY=VALUE", help="A parameter of Slurm, as for sbatch: time=60. Can be repeated."),
]


def chosen_engine(
    name: str | None,
    study: Study,
    home: StudyFolder,
    at_once: int | None,
    scheduler: str | None,
    slurm: list[str] | None,
) -> tuple[Engine, dict[str, str]] | None:
    """The engine that the options ask for, and the environment of its jobs; None to train in this process.

    Prints a note if it changes what the study measures.
    Raises UsageError for options that do not go together, and for what opening the engine says.
    """
    from charlm.display.printing import print_stderr
    from charlm.machine import cores

    for option, given, engine in (("--scheduler", scheduler, "dask"), ("--slurm", slurm, "slurm")):
        if given and name != engine:
            raise UsageError(
                f"{option} belongs to --engine {engine}", option, f"Give --engine {engine}, or leave it out."
            )
    if at_once is not None:
        require_within("--at-once", at_once, 1, MOST, f"from 1 to {MOST:,}")
        name = name or "local"
    if name is None:
        return None
    is_timed = study.budget.seconds is not None or study.measure == "cost"
    here = at_once or (1 if is_timed else cores())
    if is_timed and (note := timing_note(name, here, scheduler)):
        print_stderr(note, dim=False)
    if name == "slurm":
        from charlm.studies.launching.on_slurm import SlurmEngine

        parameters, files = _pairs(slurm or []), (home.work / "slurm").absolute()
        if parameters.get("cluster") == "local":
            return SlurmEngine(files, parameters, here), fair_threads(here)
        return SlurmEngine(files, parameters, at_once or MOST), {}
    if name == "dask":
        from charlm.studies.launching.on_dask import DaskEngine

        if scheduler:
            return DaskEngine(scheduler, 0, at_once or MOST), {}
        return DaskEngine(None, here, here), fair_threads(here)
    from charlm.studies.launching.processes import LocalEngine

    if name == "folder":
        print_stderr(f"other machines that see the folder join with: {WORK} {shlex.quote(str(home.folder.absolute()))}")
    return LocalEngine(here), fair_threads(here)


def engine_words(engine: str | None, at_once: int | None, scheduler: str | None, slurm: list[str] | None) -> list[str]:
    """The options as words of a command line."""
    pairs = [("--engine", engine), ("--at-once", at_once), ("--scheduler", scheduler)]
    words = [word for option, value in pairs if value is not None for word in (option, str(value))]
    return words + [word for each in slurm or [] for word in ("--slurm", each)]


def timing_note(engine: str, at_once: int, scheduler: str | None) -> str:
    """What to say of a study by the clock; empty if it runs alone on this machine."""
    if engine == "slurm" or engine == "folder" or scheduler:
        return (
            "The study measures by the clock: variants that train on different machines, or beside other work, cannot "
            "be compared. Take machines that are alike and otherwise idle, or a budget in steps or characters."
        )
    if at_once == 1:
        return ""
    return (
        f"The study measures by the clock, and {at_once} trainings share this machine: these will be the figures of a "
        "machine that is so much slower. --at-once 1 gives those of this one."
    )


def _pairs(given: list[str]) -> dict[str, str]:
    """`["time=60"]` as a mapping. Raises UsageError."""
    pairs = dict(text.partition("=")[::2] for text in given)
    for text in given:
        if "=" not in text or not text.partition("=")[0].isidentifier():
            raise UsageError(f"{text[:40]!r} is no KEY=VALUE", "--slurm", "Write it as --slurm time=60")
    return pairs


def train_on(
    engine: Engine, environment: dict[str, str], study: PreparedStudy, home: StudyFolder, command: str
) -> None:
    """Run the study on the engine and show it; `command` is what continues the study.

    Raises StoppedError after a signal, FailedError if a job failed, and what the engine raises.
    """
    from charlm.display.study_view import view_of
    from charlm.errors import FailedError, StoppedError
    from charlm.signals import Stop
    from charlm.studies.claims import Claims
    from charlm.studies.dispatching import ERRORS, DispatchEnded, JobGivenUp, dispatch

    failed, event = list[JobGivenUp](), None

    def program(name: str) -> Job:
        return job_of(home, name, environment)

    with Stop() as stop, engine, view_of(study) as view:
        for event in dispatch(study, home, Claims(home.work), engine, program, stop.asked):
            failed += [event] if isinstance(event, JobGivenUp) else []
            view.show(event)
    assert isinstance(event, DispatchEnded)
    home.collect()
    if event.interrupted:
        raise StoppedError(
            stop.signal,
            f"Interrupted with {event.done} of {event.total} runs finished; everything is saved",
            str(home.folder),
            f"Go on with: {command}",
        )
    if failed:
        names = ", ".join(each.job.name for each in failed)
        raise FailedError(
            failed[0].code if failed[0].code in ERRORS else 1,
            f"{len(failed)} of {event.total} runs failed, {event.done} are finished: {names}",
            f"{failed[0].job.name}: {failed[0].why}",
            f"Everything that was trained is saved. When that is corrected, go on with: {command}",
        )


def job_of(home: StudyFolder, name: str, environment: dict[str, str]) -> Job:
    """What an engine runs for the job of that name."""
    from charlm.cells.own_files import VARIABLE, trusted_environment
    from charlm.studies.launching.jobs import Job

    cells = {key: value for key, value in trusted_environment().items() if key == VARIABLE}  # this user named them
    arguments = ("-m", "charlm", "study", "work", str(home.folder.absolute()), "--only", name)
    return Job(name, arguments, str(Path.cwd()), environment | cells)


def fair_threads(at_once: int) -> dict[str, str]:
    """The environment in which as many trainings share the cores of this machine; nothing if there is one."""
    from charlm.machine import cores, usable_threads

    return {} if at_once == 1 else {"OMP_NUM_THREADS": str(min(usable_threads(), max(1, cores() // at_once)))}
