"""`charlm.load`: a trained model by the name of its run."""

from __future__ import annotations

from pathlib import Path

from charlm.checkpoint import Checkpoint
from charlm.checkpoint import load_checkpoint as load_folder
from charlm.notebook.model import shown_checkpoint
from charlm.runs import find_checkpoint, runs_root


def load(run: str | Path | None = None, *, cell_file: str | Path | None = None) -> Checkpoint:
    """The trained model of a run. `run` is its name, its folder or one of its checkpoints; None is the latest run.

    A model whose cell is code in a file of its own is opened only if `cell_file` names that file, as it was when the
    model was trained: its code then runs. Raises UsageError otherwise, CheckpointError if there is no
    such run, IntegrityError if its files are not as they were written.
    """
    if cell_file is not None:
        from charlm.cells.own_files import trust

        trust(str(cell_file))
    return shown_checkpoint(load_folder(find_checkpoint(runs_root(), None if run is None else str(run))))


def checkpoint_of(model: Checkpoint | str | Path | None) -> Checkpoint:
    """The model itself, or that of the run of this name."""
    return model if isinstance(model, Checkpoint) else load(model)
