"""What a training starts from. Knows no weights."""

from __future__ import annotations

from dataclasses import dataclass

from charlm.config.settings import Settings
from charlm.runs import Run
from charlm.text.corpus import Corpus
from charlm.text.lanes import Reader
from charlm.text.records.answers import scored_part
from charlm.text.records.record_lanes import open_reader, record_end_id
from charlm.training.latent_lines import line_reader
from charlm.training.task import Task


@dataclass(frozen=True)
class TrainingPlan:
    """A task and the run to write to.

    Of a new training, `spent` are seconds of its budget that are gone before the first update, and `validation_seconds`
    what its first validation is expected to take.
    """

    task: Task
    run: Run
    spent: float = 0.0
    validation_seconds: float = 0.0


def train_reader(settings: Settings, corpus: Corpus) -> Reader:
    """The reader of the train split: of records if the settings say so, otherwise of running text.

    A model with latent variables reads whole records. Raises TextError if it cannot.
    """
    if settings.model.latent.kind is not None:
        return line_reader(settings, corpus)
    training = settings.training
    end_id = record_end_id(settings.text, corpus.vocabulary)
    scored = scored_part(settings.text, corpus.vocabulary)
    return open_reader(corpus.split("train"), training.batch_size, training.seq_len, end_id, training.seed, scored)


def position_at(windows_per_epoch: int, epoch: float) -> int:
    """The window nearest to this many epochs."""
    whole = int(epoch)
    return whole * windows_per_epoch + round((epoch - whole) * windows_per_epoch)
