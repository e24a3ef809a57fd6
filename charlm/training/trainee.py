"""What is being trained: weights, optimizer, average, carried state and random state, and one update of them.

Knows no files, no clock and no terminal. Shape letters: T time, B rows, V symbols.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from charlm.config.settings import ModelSettings, Settings
from charlm.device import Compute
from charlm.model.dropout import Dropout
from charlm.model.network import Recurrence, fast, forward
from charlm.model.parameters import initial, of_layer
from charlm.model.recording import CardRecorder
from charlm.model.stack import layers
from charlm.model.state import State, each, fresh_state, reset_rows
from charlm.randomness import stream
from charlm.text.lanes import NOTHING, Reader
from charlm.training import captured
from charlm.training import optimizer as optimizers
from charlm.training.average import Average
from charlm.training.feeding import Fed, Feed, open_feed


@dataclass(frozen=True)
class Outcome:
    """What an update did. `applied` is False where something was not finite and the weights were left alone."""

    nats: float  # per character, mean over the update's windows
    gradient_norm: float
    characters: int
    applied: bool


def losses(
    weights: Mapping[str, Tensor],
    settings: ModelSettings,
    compute: Compute,
    dropout: Dropout,
    recurrence: Recurrence,
    inputs: Tensor,
    targets: Tensor,
    state: State,
) -> tuple[Tensor, State]:
    """Inputs and targets (T, B) and the state before them -> the sum of their nats, and the state after."""
    with compute.autocast():
        logits, after = forward(dropout.thinned(weights), settings, inputs, state, recurrence, dropout)
    loss = torch.nn.functional.cross_entropy(
        logits.float().flatten(0, 1), targets.flatten(), ignore_index=NOTHING, reduction="sum"
    )
    return loss, after


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
        self.losses = partial(losses, self.weights, settings.model, compute, self.dropout)
        self.feed: Feed | None = None
        self.reader: Reader | None = None
        self.window: captured.Window | None = None
        self.notes: tuple[str, ...] = ()
        if recurrence is fast and captured.pays(settings.model, compute.kind):
            self._capture(settings.training.seq_len)

    def _capture(self, seq_len: int) -> None:
        """Have the passes through windows of this length recorded, where they can be."""
        window = captured.Window(self.losses, self.weights, self.state, seq_len, self.scaler)
        with self.compute.fast_products():
            ready = captured.prepare(window, self.recurrence, self.generator, CardRecorder(self.compute.place()))
        self.recurrence, self.window, self.notes = ready.recurrence, ready.window, ready.notes

    def pack(self) -> None:
        """Let each layer's kernel lay out its weights as it likes them."""
        for number, layer in enumerate(layers(self.settings.model)):
            if layer.cell.fused:
                layer.cell.fused.pack(of_layer(self.weights, number))

    def update(self, reader: Reader, position: int, rate: float) -> Outcome:
        """Read the next windows, from `position` on, and move the weights by the mean of their gradients."""
        training = self.settings.training
        if self.feed is None or reader is not self.reader:
            self.reader, self.feed = reader, open_feed(reader, self.compute)
        nats, characters = 0.0, 0
        with self.compute.fast_products():
            for window in range(training.accumulate):
                total, count = self._read(self.feed.at(position + window))
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

    def _read(self, fed: Fed) -> tuple[float, int]:
        """Forward and backward through one window; gives the sum of its nats and how many characters it is over."""
        state = self.state if fed.reset is None else reset_rows(self.state, fed.reset)
        divisor = max(1, fed.characters) * self.settings.training.accumulate
        if self.window and self.window.fits(fed.inputs):
            nats, after = self.window.replay(fed.inputs, fed.targets, state, 1 / divisor)
        else:
            loss, after = self.losses(self.recurrence, fed.inputs, fed.targets, state)
            torch.autograd.backward(self.scaler.scale(loss / divisor))
            nats = float(loss.detach())
            after = each(after, lambda part: part.detach().float())
        if math.isfinite(nats):
            self.state = after
        return nats, fed.characters

    def weights_for_use(self) -> Mapping[str, Tensor]:
        """The weights to score and sample with: their average, where one is kept."""
        return self.average.weights if self.average else {name: w.detach() for name, w in self.weights.items()}

    def parameters(self) -> dict[str, np.ndarray]:
        """The same as numpy arrays of their own, float32."""
        return {name: weight.cpu().numpy().copy() for name, weight in self.weights_for_use().items()}
