"""A language model as a task of the training loop: it learns running text, or records. Knows no files.

`trainer.py` has the update, `monitoring.py` the score and the sample.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from charlm.checkpoint.contents import TextIdentity
from charlm.checkpoint.kinds_of_model import count_parameters_of
from charlm.config.settings import Settings
from charlm.device import Compute
from charlm.processes.group import ALONE, Group
from charlm.text.corpus import Corpus
from charlm.text.lanes import Reader
from charlm.text.vocabulary import Vocabulary
from charlm.training.monitoring import preview, validate
from charlm.training.task import Sizes, Trainee, UpdateResult, Validation
from charlm.training.trainees import TextTrainee
from charlm.training.trainer import Trainer


@dataclass(frozen=True, eq=False)
class LanguageTask:
    """A text, the reader that cuts its train split into windows, and a device (see `Task`).

    `initial` are the weights that a new training starts from; None: those of the seed. Each process of `group` has such
    a task on the same text.
    """

    settings: Settings
    corpus: Corpus
    reader: Reader
    compute: Compute
    initial: Mapping[str, np.ndarray] | None = None
    group: Group = ALONE

    @property
    def vocabulary(self) -> Vocabulary:
        return self.corpus.vocabulary

    @property
    def text(self) -> TextIdentity:
        corpus = self.corpus
        return TextIdentity(
            name=corpus.name, sha256=corpus.sha256, characters=corpus.characters, labels=tuple(corpus.labels)
        )

    @property
    def sizes(self) -> Sizes:
        return Sizes(
            parameters=count_parameters_of(self.settings.model, self.vocabulary.size),
            train_characters=int(self.corpus.split("train").size),
            valid_characters=int(self.corpus.split("valid").size),
            vocab_size=self.vocabulary.size,
        )

    @property
    def bounded(self) -> bool:
        return False

    def begin(self) -> Trainee:
        return LanguageTrainee(self)


class LanguageTrainee(TextTrainee):
    """A language model in training on the text of its task (see `Trainee`)."""

    def __init__(self, task: LanguageTask) -> None:
        self.task = task
        self.trainer = Trainer(
            task.settings,
            task.vocabulary.size,
            task.reader.batch_size,
            task.compute,
            initial=task.initial,
            group=task.group,
        )
        super().__init__(task, self.trainer)

    @property
    def notes(self) -> Sequence[str]:
        return self.trainer.notes

    def update(self, position: int, rate: float, done: float) -> UpdateResult:
        result = self.trainer.update(self.task.reader, position, rate)
        return replace(result, nats=result.nats + self._naming_nats)

    def validate(self) -> Validation | None:
        """The exact score; None if the valid split has under two characters."""
        if self.task.corpus.split("valid").size < 2:
            return None
        score = validate(self.trainer, self.task.corpus, self.task.settings)
        return Validation(score.nats_per_character, score.characters)

    def preview(self, step: int) -> str:
        return preview(self.trainer, self.task.vocabulary, self.task.settings, step)
