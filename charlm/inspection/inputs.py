"""A model run on input vectors in place of symbols, so that torch can differentiate by them. Knows no text.

Everything is in float64, through the definitions of the cells. Shape letters: T time, B rows, V symbols, E embedding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from charlm.model.language_model import LanguageModel
from charlm.model.state import State, map_state

if TYPE_CHECKING:
    from torch import Tensor


def in_float64(model: LanguageModel) -> LanguageModel:
    """The model of numpy arrays as one of torch tensors, float64."""
    import torch

    parameters = {name: torch.tensor(value, dtype=torch.float64) for name, value in model.parameters.items()}
    return LanguageModel(model.settings, parameters)


def forward_inputs(model: LanguageModel, inputs: Tensor, state: State) -> tuple[Tensor, State]:
    """inputs (T, B, E), which the lowest layer reads in place of embeddings -> logits (T, B, V), the state after."""
    return model.read(inputs, state)


def log_probability(model: LanguageModel, inputs: Tensor, state: State, target: int) -> Tensor:
    """inputs (T, B, E) from a state of one row -> (B,) the natural log-probability that the target follows each row."""
    rows = inputs.shape[1]
    logits, _ = forward_inputs(model, inputs, map_state(state, lambda part: part.expand(rows, -1)))
    return logits[-1].log_softmax(-1)[:, target]
