"""Scores and samples of a model in training. Neither changes the training. Knows no files and no terminal."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from charlm.config.settings import Settings
from charlm.engines.choosing import stepper
from charlm.evaluation.charging import name_nats
from charlm.evaluation.score import Score
from charlm.evaluation.scorers import TorchScorer
from charlm.evaluation.text import count_unknown, name_unknown, score_ids, scored_ids
from charlm.model.language_model import LanguageModel
from charlm.sampling.writing import write_text
from charlm.text.corpus import Corpus
from charlm.text.records.answers import scored_part
from charlm.text.records.forms import RECORD_END, record_end
from charlm.text.records.record_lanes import record_end_id
from charlm.text.vocabulary import Vocabulary
from charlm.training.trainer import Trainer


def validate(trainer: Trainer, corpus: Corpus, settings: Settings) -> Score:
    """The exact score on the valid split. Always in float32, so that `charlm eval` gives the same score.

    It has the names of the characters that are read as the unknown symbol (evaluation/charging.py).
    """
    end = record_end_id(settings.text, corpus.vocabulary)
    valid = first_records(corpus.split("valid"), settings.training.valid_characters, end)
    scorer = TorchScorer(LanguageModel(settings.model, trainer.averaged_weights()))
    scored = scored_part(settings.text, corpus.vocabulary)
    score = score_ids(scorer, valid, end, scored)
    return name_unknown(score, scored_ids(valid, end, scored), corpus.vocabulary, corpus.unknown)


def first_records(ids: npt.NDArray[Any], characters: int | None, end: int | None) -> npt.NDArray[Any]:
    """At most the first `characters` of ids (N,), and of records only whole ones, but one at least."""
    if characters is None or len(ids) <= characters:
        return ids
    if end is None:
        return ids[:characters]
    ends = np.flatnonzero(ids[:characters] == end)
    if not len(ends):
        ends = np.flatnonzero(ids == end)[:1]
    return ids[: int(ends[-1]) + 1] if len(ends) else ids


def naming_nats(corpus: Corpus) -> float:
    """What the names of unknown characters add to the training score, in nats per character: the mean over the split.

    The updates do not need it, since no weight changes it. With it, scores of training and validation count the same.
    """
    train = corpus.split("train")
    found = count_unknown(train, corpus.vocabulary)
    return found * name_nats(corpus.vocabulary, corpus.unknown) / train.size if found else 0.0


def preview(trainer: Trainer, vocabulary: Vocabulary, settings: Settings, step: int) -> str:
    """`training.sample_length` characters from a fresh state, with a random stream for each step.

    In a model of records, the end of a record does not end the preview, so it shows several short records.
    """
    text = write_text(
        stepper(LanguageModel(settings.model, trainer.parameters()).without_writing(vocabulary.unknown_id)),
        vocabulary,
        length=settings.training.sample_length,
        seed=settings.training.seed,
        sample=step,
    )
    return text.replace(RECORD_END, "\n") if record_end(settings.text) == RECORD_END else text
