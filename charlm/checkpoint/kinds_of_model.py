"""The parameters of a model of any kind, by its settings. Knows no weights and no files."""

from __future__ import annotations

import math

from charlm.config.settings import ModelSettings
from charlm.latent.table import KINDS
from charlm.model.parameters import Shapes, parameter_shapes
from charlm.pairs.shapes import pair_shapes


def parameter_shapes_of(model: ModelSettings, vocab_size: int) -> Shapes:
    """The shape of each parameter, by name."""
    if model.pairs.kind is not None:
        return pair_shapes(model, vocab_size)
    if model.latent.kind is not None:
        return KINDS[model.latent.kind].parameter_shapes(model, vocab_size)
    return parameter_shapes(model, vocab_size)


def count_parameters_of(model: ModelSettings, vocab_size: int) -> int:
    """The number of learned values."""
    return sum(map(math.prod, parameter_shapes_of(model, vocab_size).values()))
