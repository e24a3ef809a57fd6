"""The exact score of a model in training on its valid split. Leaves no trace in the training."""

from __future__ import annotations

from charlm.evaluation.engines import TorchEngine
from charlm.evaluation.score import Score
from charlm.evaluation.scoring import score_records, score_stream
from charlm.text.corpus import Corpus
from charlm.text.lanes import Reader
from charlm.training.trainee import Trainee
