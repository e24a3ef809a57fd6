"""Checkpoints of a tiny model without torch, a naive way to write them, and what must hold after any accident."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from charlm.checkpoint import Scores, load_checkpoint, load_training_arrays, write_checkpoint, writing
from charlm.checkpoint.contents import TextIdentity
from charlm.checkpoint.series import add_checkpoint, newest_whole
from charlm.config.settings import ModelSettings, Settings
from charlm.errors import CharlmError
from charlm.model.parameters import parameter_shapes
from charlm.runs import Run, creating, find_checkpoint
from charlm.runs.files import DISK, write_error
from charlm.text.vocabulary import Vocabulary

VOCABULARY = Vocabulary(tuple("\n\x1b abcdefghé字"))
TEXT = TextIdentity(name="a book", sha256="0" * 64, characters=100)


def settings(hidden_size: int) -> Settings:
    return Settings(model=ModelSettings(hidden_size=hidden_size, num_layers=1))


def write(run: Run, step: int, *, best: bool = False, keep: int = 2, hidden_size: int = 4) -> Path:
    """Add a checkpoint in which every number is its step, as training adds checkpoints."""
    chosen = settings(hidden_size)
    filled = {
        name: np.full(shape, step, np.float32)
        for name, shape in parameter_shapes(chosen.model, VOCABULARY.size).items()
    }
    content = partial(
        write_checkpoint,
        step=step,
        settings=chosen,
        vocabulary=VOCABULARY,
        text=TEXT,
        scores=Scores(valid_nats=1 / step),
        parameters=filled,
        training={"best_step": step if best else None},
        training_arrays={f"optimizer.exp_avg.{name}": value for name, value in filled.items()},
        disk=run.disk,
    )
    return add_checkpoint(run, step, content, best=best, keep=keep)


def create_run(root: Path, hidden_size: int = 4) -> Run:
    """A run with the checkpoints of steps 1, the best, and 2."""
    run = creating.create_run(root, None, "durable", {})
    write(run, 1, best=True, hidden_size=hidden_size)
    write(run, 2, hidden_size=hidden_size)
    return run


def is_whole(folder: Path) -> bool:
    """Whether the checkpoint loads with its arrays and holds what was written at its step."""
    try:
        checkpoint, arrays = load_checkpoint(folder), load_training_arrays(folder)
    except CharlmError:
        return False
    every = (*checkpoint.parameters.values(), *arrays.values())
    return folder.name == f"step-{checkpoint.step}" and all((value == checkpoint.step).all() for value in every)


def what_was_lost(run: Run, saved: int, older: tuple[int, ...] = ()) -> str:
    """What is wrong with a run after step `saved` was saved; empty if nothing is.

    Step `saved` or a later one must be resumable, pointers must name whole checkpoints, and the `older` checkpoints
    must be whole unless a later one has replaced them.
    """
    checkpoint, _ = newest_whole(Run(run.folder))
    if checkpoint is None or checkpoint.step < saved:
        return f"step {saved} was saved, and {checkpoint and checkpoint.step} is the newest whole one"
    if not is_whole(checkpoint.folder):
        return f"step {checkpoint.step} is not what was written"
    if not is_whole(find_checkpoint(run.folder.parent, run.name)):
        return "what `charlm sample` would open is not whole"
    gone = [step for step in older if checkpoint.step == saved and not is_whole(run.folder / f"step-{step}")]
    return f"the older {gone} are no longer whole" if gone else ""


def write_in_place(folder, files, disk=DISK):
    """A naive stand-in for `commit_folder`: no temporary folder, no rename."""
    folder.mkdir(exist_ok=True)
    try:
        for name, content in files.items():
            disk.write_file(folder / name, content)
    except OSError as error:
        raise write_error("The checkpoint", folder, 9, "", error) from error


def make_naive() -> None:
    """Make this process write checkpoints in place."""
    writing.commit_folder = write_in_place
