"""What is timed: models of given sizes with random weights, on random characters. Knows no clock."""

from __future__ import annotations

import numpy as np

from charlm.config.settings import ModelSettings
from charlm.engines.choosing import stepper
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import count_parameters, initial_parameters
from charlm.model.sizing import resize_nearest
from charlm.model.stepping import DefinitionStepper, Stepper
from charlm.randomness import named_stream

VOCAB_SIZE = 65  # that of tiny-shakespeare


def model_settings_of(cell: str, num_layers: int, hidden_size: int) -> ModelSettings:
    """A model with that cell and as many parameters as an lstm of that size."""
    lstm = ModelSettings(num_layers=num_layers, hidden_size=hidden_size)
    return resize_nearest(lstm.model_copy(update={"cell": cell}), VOCAB_SIZE, count_parameters(lstm, VOCAB_SIZE))


def random_model(model_settings: ModelSettings) -> LanguageModel:
    """The model with its initial weights, which are the same in every call."""
    return LanguageModel(model_settings, initial_parameters(model_settings, VOCAB_SIZE, named_stream(1, "benchmark")))


def chosen_stepper(model_settings: ModelSettings) -> Stepper:
    """The stepper that charlm chooses for the model."""
    return stepper(random_model(model_settings))


def definition_stepper(model_settings: ModelSettings) -> Stepper:
    """The stepper that runs the cells' definitions: the reference that others are compared to."""
    return DefinitionStepper(random_model(model_settings))


def random_ids(length: int) -> np.ndarray:
    """(N,) uint8: a text of random characters, the same in every call."""
    return named_stream(1, "benchmark").integers(0, VOCAB_SIZE, length).astype(np.uint8)
