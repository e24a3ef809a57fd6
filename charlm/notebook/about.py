"""The cards of a run and of a trained model: settings, curve, scores, and a sample that the model writes.

Knows no kernel. What cannot be had is left out: a card never raises an error.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from charlm.checkpoint import Checkpoint, load_checkpoint
from charlm.config.given import dotted
from charlm.config.settings import Settings
from charlm.display.notebook_card import Card
from charlm.display.notebook_rows import checkpoint_rows, run_state_rows
from charlm.display.run_tables import notable_settings
from charlm.errors import CharlmError
from charlm.notebook.curves import recorded_curve
from charlm.runs import Run, runs_root
from charlm.runs.folder import BEST, LAST, MARK
from charlm.runs.summary import summarize_run

SAMPLE = 200  # characters
SEED = 1


def library_name(run: Run) -> str:
    """What the library's functions take for the run: its name, or its folder if it is not among the runs."""
    here = run.folder.parent.absolute() == runs_root().absolute()
    return run.name if here else str(run.folder)


def run_card(run: Run, settings: Settings) -> Card:
    """The card of a run, whose model is the best checkpoint so far, if there is one."""
    checkpoint = _best_of(run)
    train, valid = recorded_curve(run)
    name = library_name(run)
    return Card(
        run.name,
        settings.model.in_short(),
        run_state_rows(summarize_run(run)),
        notable_settings(dotted(settings)),
        train,
        valid,
        sample=None if checkpoint is None else short_sample(checkpoint),
        sample_title="" if checkpoint is None else f"a sample at step {checkpoint.step:,}",
        code=[] if checkpoint is None else [f"charlm.load({name!r})"],
    )


def checkpoint_card(checkpoint: Checkpoint) -> Card:
    """The card of a trained model, with the curve of its run if it is in one."""
    run = _run_of(checkpoint.folder)
    train, valid = recorded_curve(run) if run else ([], [])
    return Card(
        checkpoint.run_name,
        checkpoint.settings.model.in_short(),
        checkpoint_rows(checkpoint),
        notable_settings(dotted(checkpoint.settings)),
        train,
        valid,
        sample=short_sample(checkpoint),
    )


def short_sample(checkpoint: Checkpoint) -> str | None:
    """Some characters that the model writes, the same each time; None if it is no language model, or is broken."""
    from charlm.engines.choosing import stepper
    from charlm.sampling.writing import write_text
    from charlm.text.records.forms import RECORD_END

    try:
        with np.errstate(over="ignore", invalid="ignore"):  # scores that overflow are an error of their own
            text = write_text(stepper(checkpoint.writer), checkpoint.vocabulary, length=SAMPLE, seed=SEED)
    except CharlmError:
        return None
    return text.replace(RECORD_END, "\n")


def _best_of(run: Run) -> Checkpoint | None:
    try:
        folder = run.pointed(BEST) or run.pointed(LAST) or next(reversed(run.checkpoints), None)
        return None if folder is None else load_checkpoint(folder)
    except CharlmError:
        return None


def _run_of(folder: Path) -> Run | None:
    """The run that a checkpoint's folder is in; None if it is a folder of its own."""
    parent = folder.resolve().parent
    return Run(parent) if folder.name.startswith("step-") and (parent / MARK).is_file() else None
