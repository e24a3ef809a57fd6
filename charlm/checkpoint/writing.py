"""Writes checkpoints, and never a number that is not finite. Knows no torch."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save as to_safetensors

from charlm.checkpoint.commit import commit_folder
from charlm.checkpoint.contents import FORMAT, Description, FileRecord, Scores, TextIdentity, encode_description
from charlm.config.settings import Settings
from charlm.errors import DivergedError
from charlm.runs.files import DISK, Disk
from charlm.runs.folder import DESCRIPTION, MODEL, TRAINING
from charlm.text.vocabulary import Vocabulary
from charlm.version import __version__


def write_checkpoint(
    folder: Path,
    *,
    step: int,
    settings: Settings,
    vocabulary: Vocabulary,
    text: TextIdentity,
    scores: Scores,
    parameters: Mapping[str, np.ndarray],
    training: Mapping[str, Any],
    training_arrays: Mapping[str, np.ndarray],
    disk: Disk = DISK,
) -> None:
    """Write the checkpoint. When this returns, it is on the disk, whole.

    Raises CheckpointError if it cannot be written, DivergedError if a number is not finite.
    """
    for name, value in (*parameters.items(), *training_arrays.items()):
        if not np.isfinite(value).all():
            raise DivergedError(
                f"{name} has numbers that are not finite; nothing was saved",
                str(folder),
                "Train again from the last checkpoint with a smaller training.learning_rate.",
            )
    files = {
        MODEL: to_safetensors({name: np.asarray(value, order="C") for name, value in parameters.items()}),
        TRAINING: to_safetensors({name: np.asarray(value, order="C") for name, value in training_arrays.items()}),
    }
    body = Description(
        format=FORMAT,
        charlm=__version__,
        step=step,
        settings=settings,
        vocabulary=vocabulary.to_json(),
        text=text,
        scores=scores,
        training=dict(training),
        files={
            name: FileRecord(size=len(content), sha256=hashlib.sha256(content).hexdigest())
            for name, content in files.items()
        },
    )
    commit_folder(folder, {**files, DESCRIPTION: encode_description(body)}, disk)
