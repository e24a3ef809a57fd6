"""Small models of numpy arrays for the tests of this folder."""

from __future__ import annotations

import numpy as np

from charlm.config.settings import ModelSettings
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters

SYMBOLS = 7


def small_model(cell="lstm", **settings) -> LanguageModel:
    about = ModelSettings(**{"cell": cell, "hidden_size": 8, "embedding_dim": 6, "num_layers": 2, **settings})
    return LanguageModel(about, initial_parameters(about, SYMBOLS, np.random.default_rng(0)))
