"""Scorers of one window of text, with numpy arrays or with torch tensors. They know no text.

A scorer takes inputs (T, B), targets (T, B) and the state before them. It gives the nats of each target (T, B),
float64, which are 0 if the target is NO_TARGET, and the state after them. Both scorers compute in float32.

Shape letters: T time, B rows, V symbols.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from threading import Lock
from typing import Protocol

import numpy as np

from charlm.engines.choosing import run_with_numpy, run_with_torch, width_in_small_operations
from charlm.engines.torch_threads import threads_for
from charlm.kernels.blas import one_blas_thread
from charlm.model.language_model import LanguageModel
from charlm.model.probabilities import target_nats
from charlm.model.state import State
from charlm.text.lanes import NO_TARGET


class WindowScorer(Protocol):
    """A model that scores windows; see above."""

    def fresh(self, rows: int) -> State: ...

    def nats(self, inputs: np.ndarray, targets: np.ndarray, state: State) -> tuple[np.ndarray, State]: ...


_CUDNN = Lock()  # held while the settings of cuDNN are changed: they are those of all threads


class NumpyScorer:
    """Scores with numpy arrays, without torch."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model

    def fresh(self, rows: int) -> State:
        return self._model.fresh_state(rows)

    def nats(self, inputs: np.ndarray, targets: np.ndarray, state: State) -> tuple[np.ndarray, State]:
        with one_blas_thread():
            logits, state = self._model.forward(inputs, state, run_with_numpy)
        nats = target_nats(logits, np.maximum(targets, 0)).astype(np.float64)
        return np.where(targets == NO_TARGET, 0.0, nats), state


class TorchScorer:
    """Scores with torch tensors, on the device of the parameters."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model
        self._units = width_in_small_operations(model.layers, model.parameters["head.bias"])

    def fresh(self, rows: int) -> State:
        return self._model.fresh_state(rows)

    def nats(self, inputs: np.ndarray, targets: np.ndarray, state: State) -> tuple[np.ndarray, State]:
        import torch

        device = self._model.parameters["head.bias"].device
        ids = torch.from_numpy(inputs).to(device)
        wanted = torch.from_numpy(targets).to(device)
        threads = threads_for(inputs.shape[1], self._units) if self._units else nullcontext
        with torch.no_grad(), threads(), _without_tf32() if device.type == "cuda" else nullcontext():
            logits, state = self._model.forward(ids, state, run_with_torch)
            nats = torch.nn.functional.cross_entropy(
                logits.flatten(0, 1), wanted.flatten(), ignore_index=NO_TARGET, reduction="none"
            )
        return nats.view_as(wanted).double().cpu().numpy(), state


@contextmanager
def _without_tf32() -> Iterator[None]:
    """By default cuDNN rounds the inputs of float32 products to the 10 bits of tf32. Other scorers wait meanwhile."""
    import torch

    with _CUDNN, torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        yield
