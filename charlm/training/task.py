"""What the training loop asks of that which it trains. Knows no model, no text and no loop.

A `Task` is something to learn, with the text that it is learned from; a `Trainee` is a model that learns it. The loop
knows nothing else of them, so one loop trains every kind of model: language.py is the one for running text and records.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from charlm.checkpoint import Checkpoint
from charlm.checkpoint.contents import TextIdentity
from charlm.config.settings import Settings
from charlm.device import Compute
from charlm.processes.group import Group
from charlm.text.corpus import Corpus
from charlm.text.vocabulary import Vocabulary
from charlm.training.rule import Constants


@dataclass(frozen=True)
class UpdateResult:
    """What an update did. `applied` is False if something was not finite; the weights are then unchanged."""

    nats: float  # per character, mean over the windows of the update
    gradient_norm: float
    characters: int
    applied: bool


@dataclass(frozen=True)
class Validation:
    """A score on the valid split: nats per character, and the characters that were scored."""

    nats_per_character: float
    characters: int


@dataclass(frozen=True)
class Sizes:
    """What is trained, and on how much: numbers for people to read."""

    parameters: int
    train_characters: int
    valid_characters: int
    vocab_size: int


class Passes(Protocol):
    """How a text is cut into windows that are read one after the other, in endless epochs (text/lanes.py: Reader)."""

    @property
    def batch_size(self) -> int: ...

    @property
    def seq_len(self) -> int: ...

    @property
    def notes(self) -> tuple[str, ...]: ...

    @property
    def windows_per_epoch(self) -> int: ...

    @property
    def characters_per_epoch(self) -> int:
        """Characters of the text that are learned, each once an epoch."""
        ...

    def epoch_at(self, position: int) -> float:
        """The epochs read before the window at a position, with a fraction."""
        ...


class Trainee(Protocol):
    """A model in training: its weights, its optimizer, and everything else that an update changes."""

    @property
    def notes(self) -> Sequence[str]:
        """What a person should know of how it runs."""
        ...

    def update(self, position: int, rate: float, done: float) -> UpdateResult:
        """Read `training.accumulate` windows from `position` on, and update the weights once at this learning rate.

        `done` is the share of the training that is done, from 0 to 1.
        """
        ...

    def validate(self) -> Validation | None:
        """The score on the valid split, of the weights that a checkpoint would keep; None if there is nothing to score.

        It changes nothing that an update reads.
        """
        ...

    def preview(self, step: int) -> str:
        """Something that the model writes, to be shown while it trains. It changes nothing that an update reads."""
        ...

    def parameters(self) -> dict[str, np.ndarray]:
        """A copy of the weights that a checkpoint keeps, float32."""
        ...

    def training_arrays(self) -> dict[str, np.ndarray]:
        """Copies of everything that `restore` needs beside the parameters: in process 0 for the lanes of all."""
        ...

    def restore(self, checkpoint: Checkpoint, arrays: Mapping[str, np.ndarray], position: int) -> int:
        """Continue from a checkpoint and its training arrays, bit for bit; gives the window to read next.

        That is `position`, unless the settings cut the text in another way than the checkpoint's. Raises
        CheckpointError if the arrays are not those of this model.
        """
        ...


class Task(Protocol):
    """Something to learn: settings, a text that is cut into windows, and the device that trains on them.

    Of several processes each has such a task, and calls `begin` and the methods of the trainee when the others do, but
    for `validate` and `preview`, which process 0 calls alone.

    `initial` are weights of a trained model that a new training starts from, None for weights of the seed. The loop
    scores and saves them before the first update.
    """

    @property
    def settings(self) -> Settings: ...

    @property
    def compute(self) -> Compute: ...

    @property
    def reader(self) -> Passes: ...

    @property
    def vocabulary(self) -> Vocabulary: ...

    @property
    def text(self) -> TextIdentity:
        """The text as a checkpoint names it."""
        ...

    @property
    def sizes(self) -> Sizes: ...

    @property
    def initial(self) -> Mapping[str, np.ndarray] | None: ...

    @property
    def group(self) -> Group:
        """The processes that train it."""
        ...

    @property
    def bounded(self) -> bool:
        """Whether its scores are upper bounds of what they would be."""
        ...

    def begin(self) -> Trainee:
        """A new model, before its first update."""
        ...


AnyTask = TypeVar("AnyTask", bound=Task, covariant=True)


class Opened(Protocol[AnyTask]):
    """A text that is opened and cut into windows, before a device is chosen for its task."""

    @property
    def corpus(self) -> Corpus: ...

    @property
    def reader(self) -> Passes: ...

    @property
    def constants(self) -> Constants:
        """Those of the rule that chooses settings for such a model."""
        ...

    def cut(self, settings: Settings) -> Opened[AnyTask]:
        """The same text, cut for other settings."""
        ...

    def task(self, settings: Settings) -> AnyTask:
        """The task on this text, which is cut for these settings.

        It is checked before anything is written, so that a refusal leaves no run behind. Raises UsageError if the
        device is absent or too small, or if the model cannot be.
        """
        ...
