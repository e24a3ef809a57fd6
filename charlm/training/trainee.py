"""What is being trained: weights, optimizer, average, carried state and random state, and one update of them.

Knows no files, no clock and no terminal. Shape letters: T time, B rows, V symbols.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from charlm.config.settings import Settings
from charlm.device import Compute
from charlm.model.dropout import Dropout
from charlm.model.network import Recurrence, fast, forward
from charlm.model.parameters import initial, of_layer
from charlm.model.stack import layers
from charlm.model.state import State, each, fresh_state, reset_rows
from charlm.randomness import stream
from charlm.text.lanes import NOTHING, Batch, Reader
from charlm.training import optimizer as optimizers
from charlm.training.average import Average


@dataclass(frozen=True)
class Outcome:
    """What an update did. `applied` is False where something was not finite and the weights were left alone."""

    nats: float  # per character, mean over the update's windows
    gradient_norm: float
    characters: int
    applied: bool


class Trainee:
    """A model in training on one device. Starts from the settings' seed; `restore` makes it go on from arrays."""

    def __init__(
        self,
        settings: Settings,
        vocab_size: int,
        batch_size: int,
        compute: Compute,
        recurrence: Recurrence = fast,
    ) -> None:
        self.settings = settings
        self.compute = compute
        self.recurrence = recurrence
        place = compute.place()
        values = initial(settings.model, vocab_size, stream(settings.training.seed, "weights"))
        self.weights = {name: torch.from_numpy(value).to(place).requires_grad_() for name, value in values.items()}
        self.pack()
        self.optimizer = optimizers.build(settings.training, self.weights)
        self.average = Average(self.weights, settings.training.average) if settings.training.average else None
        self.generator = torch.Generator(place).manual_seed(settings.training.seed)
        self.dropout = Dropout(settings.model, self.generator)
        self.scaler = torch.amp.GradScaler(compute.kind, enabled=compute.precision == "fp16")
        self.state: State = fresh_state(settings.model, self.weights, batch_size)

    def pack(self) -> None:
        """Let each layer's kernel lay out its weights as it likes them."""
        for number, layer in enumerate(layers(self.settings.model)):
            if layer.cell.fused:
                layer.cell.fused.pack(of_layer(self.weights, number))

    def update(self, reader: Reader, position: int, rate: float) -> Outcome:
        """Read the next windows, from `position` on, and move the weights by the mean of their gradients."""
        training = self.settings.training
        nats, characters = 0.0, 0
        for window in range(training.accumulate):
            total, count = self._read(reader.at(position + window))
            nats += total
            characters += count
        self.scaler.unscale_(self.optimizer)
        norm = optimizers.clip(training, self.weights)
        applied = math.isfinite(nats) and (math.isfinite(norm) or self.scaler.is_enabled())
        if applied:
            optimizers.set_rate(self.optimizer, rate)
            self.scaler.step(self.optimizer)
            if self.average:
                self.average.update(self.weights)
        self.scaler.update()  # after a skipped step too: the scale falls, and the next one can be unscaled
        self.optimizer.zero_grad()
        return Outcome(nats / max(1, characters), norm, characters, applied)

    def _read(self, batch: Batch) -> tuple[float, int]:
        """Forward and backward through one window; gives the sum of its nats and how many characters it is over."""
        place = self.compute.place()
        inputs = torch.from_numpy(batch.inputs).to(place)
        targets = torch.from_numpy(batch.targets).to(place)
        state = self.state
        if batch.reset.any():
            state = reset_rows(state, torch.from_numpy(batch.reset.astype(np.float32)).to(place))
        with self.compute.autocast():
            logits, after = forward(self.weights, self.settings.model, inputs, state, self.recurrence, self.dropout)
        characters = int((batch.targets != NOTHING).sum())
        loss = torch.nn.functional.cross_entropy(
            logits.float().flatten(0, 1), targets.flatten(), ignore_index=NOTHING, reduction="sum"
        )
        mean = loss / (max(1, characters) * self.settings.training.accumulate)
        torch.autograd.backward(self.scaler.scale(mean))
        nats = float(loss.detach())
        if math.isfinite(nats):
            self.state = each(after, lambda part: part.detach().float())
        return nats, characters

    def weights_for_use(self) -> Mapping[str, Tensor]:
        """The weights to score and sample with: their average, where one is kept."""
        return self.average.weights if self.average else {name: w.detach() for name, w in self.weights.items()}

    def parameters(self) -> dict[str, np.ndarray]:
        """The same as numpy arrays of their own, float32."""
        return {name: weight.cpu().numpy().copy() for name, weight in self.weights_for_use().items()}
