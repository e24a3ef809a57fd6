"""The symbols of a segment one by one, before the model learns from it. Knows no rule.

It steps in numpy: torch would pack the weights anew for each symbol.

Shape letters: V symbols.
"""

from __future__ import annotations

import numpy as np
from torch import Tensor

from charlm.model.language_model import LanguageModel
from charlm.model.state import State, map_state
from charlm.model.stepping import DefinitionStepper


class Ahead:
    """A model of tensors as it is now, from the state before a segment on. Of no use once the model has learned."""

    def __init__(self, model: LanguageModel, state: State) -> None:
        values = {name: value.detach().numpy() for name, value in model.parameters.items()}
        self._stepper = DefinitionStepper(LanguageModel(model.settings, values))
        self._state = map_state(state, Tensor.numpy)
        self._done, self._logits = 0, np.zeros((1, model.vocab_size), np.float32)

    def after(self, symbols: list[int]) -> np.ndarray:
        """The logits (V,) after the symbols of the segment so far. Those of earlier calls are not read again."""
        with np.errstate(over="ignore", invalid="ignore"):
            for symbol in symbols[self._done :]:
                self._logits, self._state = self._stepper.step(np.array([symbol]), self._state)
        self._done = len(symbols)
        return np.asarray(self._logits[0])
