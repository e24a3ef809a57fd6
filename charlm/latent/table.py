"""The kinds of models with latent variables by name: the only place that names them all. Knows no engine."""

from __future__ import annotations

import math
from collections.abc import Mapping

from charlm.cells.arrays import Array
from charlm.config.settings import ModelSettings
from charlm.latent.draw import DrawModel
from charlm.latent.line import LineModel
from charlm.latent.model import LatentModel
from charlm.latent.srnn import SRNNModel
from charlm.latent.storn import STORNModel
from charlm.latent.vrnn import VRNNModel
from charlm.model.parameters import Shapes, parameter_shapes

KINDS: Mapping[str, type[LatentModel]] = {
    "line": LineModel,
    "vrnn": VRNNModel,
    "storn": STORNModel,
    "srnn": SRNNModel,
    "draw": DrawModel,
}


def parameter_shapes_of(settings: ModelSettings, vocab_size: int) -> Shapes:
    """The shape of each parameter of a model of any kind, by name."""
    kind = settings.latent.kind
    return (
        parameter_shapes(settings, vocab_size) if kind is None else KINDS[kind].parameter_shapes(settings, vocab_size)
    )


def count_parameters_of(settings: ModelSettings, vocab_size: int) -> int:
    """The number of learned values of a model of any kind."""
    return sum(map(math.prod, parameter_shapes_of(settings, vocab_size).values()))


def latent_model(settings: ModelSettings, parameters: Mapping[str, Array]) -> LatentModel:
    """The model of the settings, which have a `latent.kind`."""
    return KINDS[str(settings.latent.kind)](settings, parameters)
