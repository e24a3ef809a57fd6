"""The kinds of models with latent variables by name: the only place that names them all. Knows no engine."""

from __future__ import annotations

from collections.abc import Mapping

from charlm.cells.arrays import Array
from charlm.config.settings import ModelSettings
from charlm.latent.draw import DrawModel
from charlm.latent.line import LineModel
from charlm.latent.model import LatentModel
from charlm.latent.srnn import SRNNModel
from charlm.latent.storn import STORNModel
from charlm.latent.vrnn import VRNNModel

KINDS: Mapping[str, type[LatentModel]] = {
    "line": LineModel,
    "vrnn": VRNNModel,
    "storn": STORNModel,
    "srnn": SRNNModel,
    "draw": DrawModel,
}


def latent_model(settings: ModelSettings, parameters: Mapping[str, Array]) -> LatentModel:
    """The model of the settings, which have a `latent.kind`."""
    return KINDS[str(settings.latent.kind)](settings, parameters)
