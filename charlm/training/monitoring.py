"""Scores and samples of a model in training. Neither changes the training. Knows no files and no terminal."""

from __future__ import annotations

from charlm.config.settings import Settings
from charlm.engines.choosing import stepper
from charlm.evaluation.score import Score
from charlm.evaluation.scorers import TorchScorer
from charlm.evaluation.text import score_ids
from charlm.model.language_model import LanguageModel
from charlm.sampling.writing import write_text
from charlm.text.corpus import Corpus
from charlm.text.records.forms import RECORD_END, record_end
from charlm.text.records.record_lanes import record_end_id
from charlm.text.vocabulary import Vocabulary
from charlm.training.trainer import Trainer


def validate(trainer: Trainer, corpus: Corpus, settings: Settings) -> Score:
    """The exact score on the valid split. Always in float32, so that `charlm eval` gives the same score."""
    valid = corpus.split("valid")[: settings.training.valid_characters]
    scorer = TorchScorer(LanguageModel(settings.model, trainer.averaged_weights()))
    return score_ids(scorer, valid, record_end_id(settings.text, corpus.vocabulary))


def preview(trainer: Trainer, vocabulary: Vocabulary, settings: Settings, step: int) -> str:
    """`training.sample_length` characters from a fresh state, with a random stream for each step.

    In a model of records, the end of a record does not end the preview, so it shows several short records.
    """
    text = write_text(
        stepper(LanguageModel(settings.model, trainer.parameters())),
        vocabulary,
        length=settings.training.sample_length,
        seed=settings.training.seed,
        sample=step,
    )
    return text.replace(RECORD_END, "\n") if record_end(settings.text) == RECORD_END else text
