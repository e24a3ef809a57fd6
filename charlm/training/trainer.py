"""A language model in training: its forward pass, its loss, and the state that is carried from window to window.

Knows no files, no clock and no terminal. Shape letters: T time, B rows, V symbols.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from charlm.config.settings import Settings
from charlm.device import Compute
from charlm.engines import captured_window, choosing
from charlm.engines.cuda_graph import CudaCapturer
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.model.stack import Recurrence
from charlm.model.state import State, map_state, reset_rows
from charlm.randomness import named_stream
from charlm.text.lanes import NO_TARGET, Reader
from charlm.training.batches import Batches, TensorBatch, open_batches
from charlm.training.learner import Learner
from charlm.training.task import UpdateResult


class Trainer(Learner):
    """A model in training on one device. It starts from `initial` weights, or from those of the seed of the settings.

    `recurrence` runs the layers. By default the fastest engines run them, and on CUDA whole windows may be captured.
    """

    def __init__(
        self,
        settings: Settings,
        vocab_size: int,
        batch_size: int,
        compute: Compute,
        recurrence: Recurrence | None = None,
        initial: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        values = initial or initial_parameters(
            settings.model, vocab_size, named_stream(settings.training.seed, "weights")
        )
        super().__init__(settings, values, compute)
        self.recurrence = recurrence or choosing.run_with_torch
        self.model = LanguageModel(settings.model, self.weights)
        choosing.pack_weights(self.model)
        self.state = self.model.fresh_state(batch_size)
        self.batches: Batches | None = None
        self.reader: Reader | None = None
        self.captured: captured_window.CapturedWindow | None = None
        self.notes = choosing.definition_notes(self.model.layers, compute.device_type) if recurrence is None else ()
        if recurrence is None and choosing.worth_capturing(self.model.layers, compute.device_type):
            self._capture(settings.training.seq_len)

    def _capture(self, seq_len: int) -> None:
        """Capture the passes through a window of this length as a CUDA graph, if possible."""
        window = captured_window.CapturedWindow(self.loss, self.weights, self.state, seq_len, self.scaler)
        with self.compute.allow_tf32():
            ready = captured_window.prepare_window(
                window, self.recurrence, self.generator, CudaCapturer(self.compute.torch_device())
            )
        self.recurrence, self.captured, self.notes = ready.recurrence, ready.window, self.notes + ready.notes

    def update(self, reader: Reader, position: int, rate: float) -> UpdateResult:
        """Read `accumulate` windows from `position` on, and update the weights with the mean of their gradients."""
        if self.batches is None or reader is not self.reader:
            self.reader, self.batches = reader, open_batches(reader, self.compute)
        return self.learn(self.batches.at, self._accumulate_gradients, position, rate)

    def loss(self, recurrence: Recurrence, inputs: Tensor, targets: Tensor, state: State) -> tuple[Tensor, State]:
        """Inputs and targets (T, B) and the state before them -> the sum of the nats, and the state after them."""
        with self.compute.autocast():
            logits, after = self.dropout.on_weights(self.model).forward(inputs, state, recurrence, self.dropout)
        nats = torch.nn.functional.cross_entropy(
            logits.float().flatten(0, 1), targets.flatten(), ignore_index=NO_TARGET, reduction="sum"
        )
        return nats, after

    def _accumulate_gradients(self, batch: TensorBatch) -> float:
        """Run one window forward and backward, add its gradients to those before, and give the sum of its nats."""
        state = self.state if batch.reset is None else reset_rows(self.state, batch.reset)
        divisor = self.share_of(batch)
        if self.captured and self.captured.accepts(batch.inputs):
            nats, after = self.captured.replay(batch.inputs, batch.targets, state, 1 / divisor)
        else:
            loss, after = self.loss(self.recurrence, batch.inputs, batch.targets, state)
            torch.autograd.backward(self.scaler.scale(loss / divisor))
            nats = float(loss.detach())
            after = map_state(after, lambda part: part.detach().float())
        if math.isfinite(nats):
            self.state = after
        return nats
