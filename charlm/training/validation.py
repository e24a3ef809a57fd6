"""The exact score of a model in training on its valid split. Leaves no trace in the training."""

from __future__ import annotations

from charlm.config.settings import Settings
from charlm.evaluation.engines import TorchEngine
from charlm.evaluation.score import Score
from charlm.evaluation.text import score_ids
from charlm.text.corpus import Corpus
from charlm.training.trainee import Trainee


def validate(trainee: Trainee, corpus: Corpus, settings: Settings) -> Score:
    """In float32, whatever the precision of the training, so that `charlm eval` finds the same figure again."""
    valid = corpus.split("valid")[: settings.training.valid_characters]
    engine = TorchEngine(trainee.weights_for_use(), settings.model)
    return score_ids(engine, valid, corpus.vocabulary, settings.text.records)
