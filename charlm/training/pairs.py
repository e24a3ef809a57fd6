"""A model of pairs as a task of the training loop: it learns to write targets for sources. Knows no files.

`pair_trainer.py` has the update.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from charlm.checkpoint import Checkpoint
from charlm.checkpoint.contents import TextIdentity
from charlm.checkpoint.kinds_of_model import count_parameters_of
from charlm.config.settings import Settings
from charlm.device import Compute
from charlm.engines.choosing import run_with_numpy, run_with_torch
from charlm.pairs.converting import Converter
from charlm.pairs.model import PairModel
from charlm.pairs.pair_lanes import PairLanes, lanes_of
from charlm.pairs.pair_text import PairText
from charlm.pairs.scoring import pair_nats
from charlm.processes.group import ALONE, Group
from charlm.text.vocabulary import Vocabulary
from charlm.training.checkpointing import restore_trainer
from charlm.training.pair_trainer import PairTrainer
from charlm.training.plan import position_at
from charlm.training.task import Sizes, UpdateResult, Validation
from charlm.training.trainees import LearnerTrainee

PREVIEWED = 3  # pairs of the valid split that are converted to be shown


@dataclass(frozen=True, eq=False)
class PairTask:
    """Pairs, the lanes that cut those of train into batches, and a device (see `Task`)."""

    settings: Settings
    pairs: PairText
    reader: PairLanes
    compute: Compute
    initial: Mapping[str, np.ndarray] | None = None

    @property
    def vocabulary(self) -> Vocabulary:
        return self.pairs.corpus.vocabulary

    @property
    def text(self) -> TextIdentity:
        corpus = self.pairs.corpus
        return TextIdentity(
            name=corpus.name,
            sha256=corpus.sha256,
            characters=corpus.characters,
            longest_source=self.reader.longest_source,
        )

    @property
    def sizes(self) -> Sizes:
        return Sizes(
            parameters=count_parameters_of(self.settings.model, self.vocabulary.size),
            train_characters=self.pairs.split("train").characters,
            valid_characters=self.pairs.split("valid").characters if len(self.pairs.split("valid")) else 0,
            vocab_size=self.vocabulary.size,
        )

    @property
    def group(self) -> Group:
        return ALONE

    @property
    def bounded(self) -> bool:
        return False

    def begin(self) -> PairTrainee:
        return PairTrainee(self)


class PairTrainee(LearnerTrainee):
    """A model of pairs in training on those of its task (see `Trainee`)."""

    def __init__(self, task: PairTask) -> None:
        self.task = task
        end = task.vocabulary.symbols.index("\n")
        self.trainer = PairTrainer(task.settings, task.vocabulary.size, end, task.compute, initial=task.initial)
        super().__init__(self.trainer)

    @property
    def notes(self) -> Sequence[str]:
        return self.trainer.notes

    def update(self, position: int, rate: float, done: float) -> UpdateResult:
        return self.trainer.update(self.task.reader, position, rate)

    def validate(self) -> Validation | None:
        """The nats of the targets of the valid split, in float32; None if it has no pairs."""
        valid, most = self.task.pairs.split("valid"), self.task.settings.training.valid_characters
        if most is not None:
            valid = valid.take(np.flatnonzero(np.cumsum(valid.target_lengths + 1) <= most))
        if not len(valid):
            return None
        model = PairModel(self.task.settings.model, self.trainer.averaged_weights())
        with torch.no_grad(), self.trainer.threads():
            nats = pair_nats(model, valid, self.task.vocabulary, run_with_torch)
        return Validation(float(nats.sum()) / valid.characters, valid.characters)

    def preview(self, step: int) -> str:
        """Some pairs of the valid split, or of train, with what the model writes for their sources."""
        pairs = self.task.pairs.split("valid")
        pairs = pairs if len(pairs) else self.task.pairs.split("train")
        chosen = (step * PREVIEWED + np.arange(PREVIEWED)) % len(pairs)
        texts = pairs.take(np.unique(chosen)).texts(self.task.vocabulary)
        model = PairModel(self.task.settings.model, self.trainer.parameters())
        found = Converter(model, self.task.vocabulary, run_with_numpy).greedy([source for source, _ in texts])
        lines = [
            f"{source} -> {each.text}" + ("" if each.text == target else f"   (not {target})")
            for (source, target), each in zip(texts, found, strict=True)
        ]
        return "\n".join(lines)

    def restore(self, checkpoint: Checkpoint, arrays: Mapping[str, np.ndarray], position: int) -> int:
        restore_trainer(self.trainer, checkpoint.parameters, arrays, str(checkpoint.folder))
        before, now = checkpoint.settings, self.task.settings
        if before.training.batch_size == now.training.batch_size:
            return position
        return position_at(self.task.reader.windows_per_epoch, lanes_of(self.task.pairs, before).epoch_at(position))
