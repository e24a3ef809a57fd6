"""A model with latent variables as a task of the training loop: it learns whole lines. Knows no files.

`latent_trainer.py` has the update. The score of a validation is a bound: one draw for each line, the same noise each
time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from charlm.evaluation.score import Score
from charlm.evaluation.text import count_unknown, name_unknown
from charlm.latent.estimating import estimate
from charlm.latent.table import latent_model
from charlm.latent.writing import LatentWriter
from charlm.sampling.rules.decoding import Decoding
from charlm.text.records.record_hashes import find_records
from charlm.text.records.record_lanes import record_end_id
from charlm.training.language import LanguageTask
from charlm.training.latent_trainer import LatentTrainer
from charlm.training.task import UpdateResult, Validation
from charlm.training.trainees import TextTrainee


class LatentTask(LanguageTask):
    """A text of lines, the reader of whole lines, and a device (see `Task`). It computes in float32."""

    @property
    def bounded(self) -> bool:
        return True

    def begin(self) -> LatentTrainee:
        return LatentTrainee(self)


class LatentTrainee(TextTrainee):
    """A model with latent variables in training on the lines of its task (see `Trainee`)."""

    def __init__(self, task: LatentTask) -> None:
        self.task = task
        self.trainer = LatentTrainer(task.settings, task.vocabulary.size, task.compute, task.initial)
        super().__init__(task, self.trainer)
        self._end = record_end_id(task.settings.text, task.vocabulary)

    @property
    def notes(self) -> Sequence[str]:
        return (
            f"lines are read whole, up to {self.task.reader.seq_len:,} characters with their ends",
            "scores of a model with latent variables are bounds: the true ones are at most so many bits",
        )

    def update(self, position: int, rate: float, done: float) -> UpdateResult:
        result = self.trainer.update(self.task.reader, position, rate, done)
        return replace(result, nats=result.nats + self._naming_nats)

    def validate(self) -> Validation | None:
        """A bound; None if the valid split has no line."""
        corpus, most = self.task.corpus, self.task.settings.training.valid_characters
        valid = corpus.split("valid")[:most]
        assert self._end is not None
        if not find_records(valid, self._end)[0].size:
            return None
        found = estimate(latent_model(self.task.settings.model, self.parameters()), valid, self._end, (1,))
        score = Score(found.nats[1], found.characters)
        if count_unknown(valid, corpus.vocabulary):
            score = name_unknown(score, valid, corpus.vocabulary, corpus.unknown)
        return Validation(score.nats_per_character, score.characters)

    def preview(self, step: int) -> str:
        """Lines, `training.sample_length` characters of them."""
        length, vocabulary = self.task.settings.training.sample_length, self.task.vocabulary
        model = latent_model(self.task.settings.model, self.parameters())
        assert self._end is not None
        writer = LatentWriter(model, Decoding(), self._end, model.longest or length, vocabulary.unknown_id)
        lines = writer.lines(self.task.settings.training.seed, first=step * length)
        text = "\n".join(vocabulary.decode(ids) for ids in islice(lines, max(1, length // 10)))
        return text[:length]
