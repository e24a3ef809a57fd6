"""What is timed: models of given sizes with random weights, on random characters. Knows no clock."""

from __future__ import annotations

import numpy as np

from charlm.config.settings import ModelSettings
from charlm.engines.choosing import stepper
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import count_parameters, initial_parameters
from charlm.model.sizing import resize_nearest
from charlm.model.stepping import Stepper
from charlm.randomness import named_stream

VOCAB_SIZE = 65  # tiny-shakespeare's


def model_of(cell: str, num_layers: int, hidden_size: int) -> ModelSettings:
    """A model of that cell with as many parameters as an lstm of that size."""
    lstm = ModelSettings(num_layers=num_layers, hidden_size=hidden_size)
    return resize_nearest(lstm.model_copy(update={"cell": cell}), VOCAB_SIZE, count_parameters(lstm, VOCAB_SIZE))


def language_model(settings: ModelSettings) -> LanguageModel:
    """Such a model with the weights that it starts from, always the same."""
    return LanguageModel(settings, initial_parameters(settings, VOCAB_SIZE, named_stream(1, "benchmark")))


def stepper_of(settings: ModelSettings) -> Stepper:
    """The stepper of such a model."""
    return stepper(language_model(settings))


def random_ids(length: int) -> np.ndarray:
    """A text of so many random characters, always the same: (N,) uint8."""
    return named_stream(1, "benchmark").integers(0, VOCAB_SIZE, length).astype(np.uint8)
