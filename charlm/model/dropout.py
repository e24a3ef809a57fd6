"""Dropout as a function on tensors (T, B, H) or on weights, for training. Does not know where it is applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from charlm.config.settings import ModelSettings
from charlm.model.language_model import LanguageModel
from charlm.processes.lanes import LaneShare

if TYPE_CHECKING:
    from torch import Generator, Tensor


class Dropout:
    """Standard: an independent mask for each value. Locked: one mask for all time steps (Gal and Ghahramani 2016).

    Values that are kept are scaled by 1 / (1 - share), so that the trained model needs no scaling. The masks depend on
    the generator alone, whose state is saved in checkpoints.

    With `lanes`, the rows of x are those lanes. The mask is drawn for all lanes and theirs is taken, so that a lane's
    mask does not depend on which lanes are read beside it.
    """

    def __init__(self, model_settings: ModelSettings, generator: Generator, lanes: LaneShare | None = None) -> None:
        self.share = model_settings.dropout
        self.locked = model_settings.dropout_kind == "locked"
        self.weight_share = model_settings.weight_drop
        self.generator = generator
        self.lanes = None if lanes is None or lanes.all_of_them else lanes

    def __call__(self, x: Tensor) -> Tensor:
        if not self.share:
            return x
        if self.share == 1:
            return x * 0
        shape = list(x[:1].shape if self.locked else x.shape)
        if self.lanes is None:
            mask = x.new_empty(shape).bernoulli_(1 - self.share, generator=self.generator)
        else:
            shape[1] = self.lanes.total
            mask = x.new_empty(shape).bernoulli_(1 - self.share, generator=self.generator)[:, self.lanes.rows]
        return x * mask.div_(1 - self.share)

    def on_weights(self, model: LanguageModel) -> LanguageModel:
        """The model with some recurrent weights set to zero: DropConnect (Merity, Keskar and Socher 2018)."""
        if not self.weight_share:
            return model
        weights = model.parameters.items()
        dropped = {name: self._drop(weight) if "weight_hh" in name else weight for name, weight in weights}
        return LanguageModel(model.settings, dropped)

    def _drop(self, weight: Tensor) -> Tensor:
        kept = 1 - self.weight_share
        return weight * weight.new_empty(weight.shape).bernoulli_(kept, generator=self.generator).div_(kept)
