"""The two ways of running a model over text to score it: numpy, and torch where it is already at work.

Shape letters: T time, B rows. An engine takes inputs (T, B), targets (T, B) and the state before them, and gives the
nats of each target (T, B), float64, 0 where the target is NOTHING, and the state after them. Both work in float32.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from charlm.config.settings import ModelSettings
from charlm.model.network import fast, fast_numpy, forward
from charlm.model.state import State, fresh_state
from charlm.text.lanes import NOTHING


class Engine(Protocol):
    def fresh(self, rows: int) -> State: ...

    def nats(self, inputs: np.ndarray, targets: np.ndarray, state: State) -> tuple[np.ndarray, State]: ...


class NumpyEngine:
    """Runs the cells' definitions, or charlm's own kernel of one. Needs no torch."""

    def __init__(self, parameters: Mapping[str, np.ndarray], settings: ModelSettings) -> None:
        self._parameters = parameters
        self._settings = settings

    def fresh(self, rows: int) -> State:
        return fresh_state(self._settings, self._parameters, rows)

    def nats(self, inputs: np.ndarray, targets: np.ndarray, state: State) -> tuple[np.ndarray, State]:
        logits, state = forward(self._parameters, self._settings, inputs, state, fast_numpy)
        highest = logits.max(axis=-1, keepdims=True)
        total = np.log(np.exp(logits - highest).sum(axis=-1)) + highest[..., 0]
        chosen = np.take_along_axis(logits, np.maximum(targets, 0)[..., None], axis=-1)[..., 0]
        return np.where(targets == NOTHING, 0.0, (total - chosen).astype(np.float64)), state


class TorchEngine:
    """Runs the cells' fast forms on whatever device the parameters are on."""

    def __init__(self, parameters: Mapping[str, Any], settings: ModelSettings) -> None:
        self._parameters = parameters
        self._settings = settings

    def fresh(self, rows: int) -> State:
        return fresh_state(self._settings, self._parameters, rows)

    def nats(self, inputs: np.ndarray, targets: np.ndarray, state: State) -> tuple[np.ndarray, State]:
        import torch

        device = self._parameters["head.bias"].device
        ids = torch.from_numpy(inputs).to(device)
        wanted = torch.from_numpy(targets).to(device)
        # cuDNN rounds the inputs of float32 products to 10 bits unless told not to
        exact = torch.backends.cudnn.flags(enabled=True, allow_tf32=False)
        with torch.no_grad(), exact:
            logits, state = forward(self._parameters, self._settings, ids, state, fast)
            nats = torch.nn.functional.cross_entropy(
                logits.flatten(0, 1), wanted.flatten(), ignore_index=NOTHING, reduction="none"
            )
        return nats.view_as(wanted).double().cpu().numpy(), state
