"""What process 0 of a training does alone, and what the others hear of it: files and validations. Knows no model.

Process 0 writes and reads the run. It validates alone, too: an exact score reads the text as one stream, and so its
last bits would depend on how many processes share it out, and with them which checkpoint is the best.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from charlm.checkpoint import Checkpoint, Scores, load_training_arrays
from charlm.checkpoint.contents import TextIdentity
from charlm.checkpoint.series import newest_whole
from charlm.config.settings import Settings
from charlm.errors import LostProcessError
from charlm.processes.group import Group
from charlm.processes.messages import pack, shared_arrays, unpack
from charlm.runs import Run
from charlm.text.vocabulary import Vocabulary
from charlm.training.resuming import resume_command
from charlm.training.task import Trainee, Validation


@contextmanager
def name_the_run(run: Run) -> Iterator[None]:
    """Within the context, the loss of a process says how the run goes on."""
    try:
        yield
    except LostProcessError as error:
        raise LostProcessError(
            error.what,
            f"{run.folder}: {error.where}",
            f"Its last checkpoint is whole, and the updates after it are lost. Go on with: {resume_command(run)}\n"
            "torchrun before it starts several processes again, any number that divides the lanes.",
        ) from error


def shared_validation(group: Group, trainee: Trainee) -> tuple[Validation | None, float]:
    """The score that process 0 finds, in every process, and the seconds that it took."""
    told: dict[str, Any] = {}
    if group.rank == 0:
        began = time.perf_counter()
        score = trainee.validate()
        told = {"score": asdict(score) if score else None, "seconds": time.perf_counter() - began}
    if group.size > 1:
        told = unpack(group.share(pack(told, {})))[0]
        group.catch_up()
    return Validation(**told["score"]) if told["score"] else None, told["seconds"]


def shared_newest(group: Group, run: Run) -> Checkpoint | None:
    """The newest whole checkpoint of the run, which process 0 reads, in every process."""
    return shared_checkpoint(group, newest_whole(run)[0] if group.rank == 0 else None)


def shared_training_arrays(group: Group, checkpoint: Checkpoint) -> dict[str, np.ndarray]:
    """The training arrays of a checkpoint, which process 0 reads, in every process."""
    return shared_arrays(group, load_training_arrays(checkpoint.folder) if group.rank == 0 else {})


def shared_checkpoint(group: Group, checkpoint: Checkpoint | None) -> Checkpoint | None:
    """What process 0 has, in every process."""
    if group.size == 1:
        return checkpoint
    values, arrays = unpack(group.share(pack(*_described(checkpoint))))
    return _from_description(values, arrays) if values else None


def _described(checkpoint: Checkpoint | None) -> tuple[dict[str, Any], Mapping[str, np.ndarray]]:
    if checkpoint is None:
        return {}, {}
    values = {
        "folder": str(checkpoint.folder),
        "step": checkpoint.step,
        "settings": checkpoint.settings.model_dump(mode="json"),
        "vocabulary": checkpoint.vocabulary.to_json(),
        "text": checkpoint.text.model_dump(mode="json"),
        "scores": checkpoint.scores.model_dump(mode="json"),
        "training": dict(checkpoint.training),
    }
    return values, checkpoint.parameters


def _from_description(values: dict[str, Any], parameters: Mapping[str, np.ndarray]) -> Checkpoint:
    return Checkpoint(
        folder=Path(values["folder"]),
        step=values["step"],
        settings=Settings.model_validate(values["settings"]),
        vocabulary=Vocabulary.from_json(values["vocabulary"]),
        text=TextIdentity.model_validate(values["text"]),
        scores=Scores.model_validate(values["scores"]),
        training=values["training"],
        parameters=parameters,
    )
