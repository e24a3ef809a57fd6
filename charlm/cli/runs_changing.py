"""`charlm runs rm`, `rename` and `export`: what changes the folder of the runs, or copies a run out of it."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from charlm.cli.completing import complete_run
from charlm.cli.options import CellFile
from charlm.display.output import print_columns
from charlm.display.printing import is_terminal, print_stderr

Run = Annotated[str, typer.Argument(metavar="RUN", help="A run's name or folder.", autocompletion=complete_run)]


def remove(
    runs: Annotated[list[str], typer.Argument(metavar="RUN", help="Names of runs.", autocompletion=complete_run)],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask. Needed where there is no terminal.")] = False,
) -> None:
    """Remove runs with all their checkpoints, after asking.

    A run that is training is refused, and then none is removed. Files in a run's folder that charlm did not write stay.
    """
    from charlm.display.run_tables import removed_row
    from charlm.errors import UsageError
    from charlm.runs import lock_run, runs_root
    from charlm.runs.removing import own_run, remove_run
    from charlm.runs.summary import summarize_run

    root = runs_root()
    found = {run.folder.resolve(): run for run in (own_run(root, name) for name in runs)}
    with ExitStack() as locked:
        for run in found.values():
            locked.enter_context(lock_run(run))
        rows = [removed_row(summarize_run(run)) for run in found.values()]
        if not yes:
            if not (is_terminal(sys.stdin) and is_terminal(sys.stderr)):
                raise UsageError(
                    "Removing runs must be confirmed, and there is no terminal to ask on",
                    f"charlm runs rm {' '.join(runs)}",
                    "Add --yes. `charlm runs list` shows what there is.",
                )
            print_columns(rows)
            if not typer.confirm("Remove this for good?", err=True):
                print_stderr("Nothing was removed.")
                return
        for run in found.values():
            left = remove_run(run)
            kept = f"; these are not charlm's, and stay in {run.folder}: {', '.join(left)}" if left else ""
            print_stderr(f"removed {run.name}{kept}")


def rename(old: Run, new: Annotated[str, typer.Argument(metavar="NEW", help="Its new name.")]) -> None:
    """Give a run another name."""
    from charlm.runs import lock_run, runs_root
    from charlm.runs.removing import own_run, rename_run

    run = own_run(runs_root(), old)
    with lock_run(run):
        renamed = rename_run(run, new)
    print_stderr(f"{run.name} is now {renamed.name}")


def export(
    run: Run,
    path: Annotated[
        Path,
        typer.Argument(metavar="PATH", help="A folder that does not exist yet, or an archive: .tar.gz, .tgz or .zip."),
    ],
    training: Annotated[
        bool,
        typer.Option("--training", help="Also copy what a resume needs. This makes it about three times as large."),
    ] = False,
    cell_file: CellFile = None,
) -> None:
    """Copy the best checkpoint of a run, with its settings, for use elsewhere.

    There, name the folder: `charlm sample FOLDER`. The copy has the model, its vocabulary and its settings, which
    include the path of the text, but not the text.
    """
    from charlm.checkpoint import load_checkpoint, load_training_arrays
    from charlm.runs import find_checkpoint, open_run, runs_root
    from charlm.runs.exporting import export_run

    def check(checkpoint: Path) -> None:
        load_checkpoint(checkpoint)
        if training:
            load_training_arrays(checkpoint)

    root = runs_root()
    files = export_run(open_run(root, run), find_checkpoint(root, run), path, training, check)
    print_columns([("exported", str(path)), *(("" if number else "files", name) for number, name in enumerate(files))])
    print_stderr("To sample from it or score with it elsewhere, name its folder in place of a run.")
    if not training:
        print_stderr("To resume it elsewhere, export it with --training.")
