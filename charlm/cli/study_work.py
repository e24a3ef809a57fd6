"""`charlm study work`: a worker of a study, on any machine that sees its folder."""

from __future__ import annotations

import shlex
import signal
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from charlm.cli.options import CellFile

if TYPE_CHECKING:
    from charlm.errors import CharlmError
    from charlm.studies.results import StudyFolder

BEGIN = "Begin it with: charlm study run STUDY --engine folder"


def work(
    folder: Annotated[str, typer.Argument(help="The folder of a study that was begun, or its name.")],
    only: Annotated[
        str | None, typer.Option(metavar="RUN", help="Train this run and end, for example lstm.s1.")
    ] = None,
    beat: Annotated[
        float,
        typer.Option(
            min=0.05, max=600, help="Seconds between two signs of life; others take over after three are missed."
        ),
    ] = 10.0,
    cell_file: CellFile = None,
) -> None:
    """Train runs of a study that nobody else trains, beside other workers, until all are finished.

    Any number of workers may share a study, on any machines that see its folder. Stop one at any time; another goes on
    with what it has begun.
    """
    from charlm.cells.own_files import require_named
    from charlm.config.cell_files import cell_file as cell_file_of
    from charlm.display.printing import print_stderr
    from charlm.display.study_view import view_of
    from charlm.display.waiting import Waiting
    from charlm.errors import StoppedError
    from charlm.signals import Stop
    from charlm.studies.claims import Claims
    from charlm.studies.grid import make_alternatives
    from charlm.studies.launching.processes import was_orphaned, was_started
    from charlm.studies.results import STUDY
    from charlm.studies.running import prepare_study
    from charlm.studies.working import JobFailed, WorkEnded, work, work_on

    home = _opened(folder)
    study, source = home.study(), str(home.folder / STUDY)
    for name in cells_of([study.base, study.variants, study.factors]):  # the folder may be a stranger's
        if (file := cell_file_of(name)) is not None:
            require_named(file)
    with Waiting("reading the texts and solving the sizes"):
        prepared = prepare_study(study, make_alternatives(study, source), home.folder, source)
    claims, failed, event = Claims(home.work, beat), list[JobFailed](), None
    if was_started() and hasattr(signal, "SIGUSR2"):  # Slurm's signal to go back into the queue is not for this process
        signal.signal(signal.SIGUSR2, signal.SIG_IGN)
    with Stop() as stop, view_of(prepared) as view:

        def ended() -> bool:
            return stop.asked() or was_orphaned()

        events = (
            work_on(only, prepared, home, claims, ended, stop.save_asked)
            if only
            else work(prepared, home, claims, ended, stop.save_asked)
        )
        for event in events:
            failed += [event] if isinstance(event, JobFailed) else []
            view.show(event)
    assert isinstance(event, WorkEnded)
    finished = f"{event.done} of {event.total} runs"
    if event.interrupted:
        raise StoppedError(
            stop.signal or signal.SIGTERM,
            f"Interrupted with {finished} finished; everything is saved",
            str(home.folder),
            f"Go on with: charlm study work {shlex.quote(folder)}",
        )
    if failed:
        raise _failure([(each.job.name, each.error) for each in failed], finished)
    if not only:
        print_stderr(f"{finished} are finished: charlm study report {shlex.quote(folder)}", dim=False)


def cells_of(given: object) -> Iterator[str]:
    """The names of cells in a part of a study: each `cell` in its mappings and lists."""
    if isinstance(given, Mapping):
        for key, value in given.items():
            yield from [value] if key == "cell" and isinstance(value, str) else cells_of(value)
    elif isinstance(given, list | tuple):
        for value in given:
            yield from cells_of(value)


def _opened(folder: str) -> StudyFolder:
    """The study in that folder, or of that name. Raises CheckpointError."""
    from pathlib import Path

    from charlm.errors import CheckpointError
    from charlm.runs import runs_root
    from charlm.studies.results import STUDY, find_study

    if Path(folder).is_dir() and not (Path(folder) / STUDY).exists():
        raise CheckpointError(
            f"{folder} is not the folder of a study: it has no {STUDY}", str(Path(folder).absolute()), BEGIN
        )
    return find_study(runs_root(), folder)


def _failure(failed: list[tuple[str, CharlmError]], finished: str) -> CharlmError:
    """The error of a worker some of whose jobs have failed."""
    from charlm.errors import FailedError

    name, error = failed[0]
    return FailedError(
        error.exit_code,
        f"{len(failed)} runs failed here, {finished} are finished: {', '.join(name for name, _ in failed)}",
        f"{name}: {error.what} ({error.where})",
        error.remedy or "Correct it, then give the command again.",
    )
