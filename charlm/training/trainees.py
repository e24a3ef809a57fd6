"""What trainees of several kinds of models share: what a checkpoint keeps of them, and how they go on from one.

Knows no kind of model; see `Trainee` in task.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from charlm.checkpoint import Checkpoint
from charlm.config.settings import Settings
from charlm.processes.lanes import share_of
from charlm.text.corpus import Corpus
from charlm.text.lanes import Reader
from charlm.training.checkpointing import STATE_PREFIX, restore_trainer, state_arrays, training_arrays
from charlm.training.learner import Learner
from charlm.training.monitoring import naming_nats
from charlm.training.plan import position_at, train_reader


class LearnerTrainee:
    """A trainee whose weights are those of a learner."""

    def __init__(self, trainer: Learner) -> None:
        self._learner = trainer

    def parameters(self) -> dict[str, np.ndarray]:
        return self._learner.parameters()

    def training_arrays(self) -> dict[str, np.ndarray]:
        return training_arrays(self._learner)


class TextTask(Protocol):
    """A text, and the reader that cuts its train split into windows."""

    @property
    def settings(self) -> Settings: ...

    @property
    def corpus(self) -> Corpus: ...

    @property
    def reader(self) -> Reader: ...


class TextTrainee(LearnerTrainee):
    """A trainee that reads the windows of a text in lanes."""

    def __init__(self, task: TextTask, trainer: Learner) -> None:
        super().__init__(trainer)
        self._text = task
        self._naming_nats = naming_nats(task.corpus)

    def restore(self, checkpoint: Checkpoint, arrays: Mapping[str, np.ndarray], position: int) -> int:
        task, before = self._text, checkpoint.settings
        if before.training.batch_size != task.settings.training.batch_size:
            # other lanes: they start from a fresh state, at the same share of the epoch
            arrays = {name: value for name, value in arrays.items() if not name.startswith(STATE_PREFIX)}
            arrays |= state_arrays(self._learner)
            position = position_at(task.reader.windows_per_epoch, train_reader(before, task.corpus).epoch_at(position))
        else:
            arrays = {name: self._own_lanes(name, value) for name, value in arrays.items()}
        restore_trainer(self._learner, checkpoint.parameters, arrays, str(checkpoint.folder))
        return position

    def _own_lanes(self, name: str, array: np.ndarray) -> np.ndarray:
        """Of the state of all lanes, that of the lanes of this process; other arrays as they are."""
        lanes, group = self._text.reader.batch_size, self._learner.group
        if not name.startswith(STATE_PREFIX) or array.shape[:1] != (lanes,):  # of another shape: restoring says so
            return array
        return array[share_of(lanes, group.rank, group.size).rows]
