"""A model with latent variables in training: how one update changes it. Knows no files, no clock and no terminal.

An update minimises, over all lines of its windows,

    sum of -ln p(x_t | z, ...) + beta * sum of max(KL, free nats) [+ Z-forcing]

divided by the number of characters. beta rises from 0 to 1 over the first quarter of the training (model.latent.
beta_warmup): so that a latent says something before it costs something. What it reports is the bound: beta = 1, and no
nats are free. Numbers are float32. Shape letters: T time, B rows, N latents of a line, Z units.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from charlm.config.settings import Settings
from charlm.device import Compute
from charlm.engines import choosing
from charlm.latent.lines import Lines, lines_of
from charlm.latent.table import KINDS, latent_model
from charlm.model.dropout import Dropout
from charlm.model.state import State
from charlm.randomness import named_stream
from charlm.text.lanes import Reader
from charlm.training.batches import HostBatches, TensorBatch
from charlm.training.optimization import Average, clip_gradients
from charlm.training.optimizer import Optimizer
from charlm.training.task import UpdateResult

FREE_NATS: Mapping[str, float] = {"line": 1.0, "vrnn": 0.0, "storn": 0.0, "srnn": 0.0, "draw": 0.0}  # of a latent


class LatentTrainer:
    """A model with latent variables on one device, from the weights of the seed of the settings.

    It has what `training_arrays` keeps of a trainer, and `restore_trainer` gives back.
    """

    def __init__(self, settings: Settings, vocab_size: int, compute: Compute) -> None:
        self.settings, self.compute, self.vocab_size = settings, compute, vocab_size
        self.kind = str(settings.model.latent.kind)
        device = compute.torch_device()
        stream = named_stream(settings.training.seed, "weights")
        values = KINDS[self.kind].initial_parameters(settings.model, vocab_size, stream)
        self.weights = {name: torch.tensor(value, device=device).requires_grad_() for name, value in values.items()}
        self.model = latent_model(settings.model, self.weights)
        self.optimizer = Optimizer(settings.training, self.weights)
        self.average = Average(self.weights, settings.training.average) if settings.training.average else None
        self.generator = torch.Generator(device).manual_seed(settings.training.seed)
        self.dropout = Dropout(settings.model, self.generator)
        self.scaler = torch.amp.GradScaler(compute.device_type, enabled=False)
        self.state: State = ()  # nothing is carried from line to line

    @property
    def free_nats(self) -> float:
        """The nats of KL of a latent that cost nothing in the loss."""
        given = self.settings.model.latent.free_nats
        return FREE_NATS[self.kind] if given is None else given

    def update(self, reader: Reader, position: int, rate: float, done: float) -> UpdateResult:
        """Read `accumulate` windows from `position` on, and update the weights; `done` is the share of the training."""
        training = self.settings.training
        batches = HostBatches(reader, self.compute.torch_device())
        nats, characters = 0.0, 0
        with self.compute.allow_tf32():
            for window in range(training.accumulate):
                batch = batches.at(position + window)
                nats += self._accumulate_gradients(batch, self.beta(done))
                characters += batch.characters
        norm = clip_gradients(training, self.weights)
        applied = math.isfinite(nats) and math.isfinite(norm)
        if applied:
            self.optimizer.lr = rate
            self.optimizer.step()
            if self.average:
                self.average.update(self.weights)
        self.optimizer.zero_grad()
        return UpdateResult(nats / max(1, characters), norm, characters, applied)

    def beta(self, done: float) -> float:
        """The weight of KL when this share of the training is done."""
        warmup = self.settings.model.latent.beta_warmup
        return 1.0 if done >= warmup else done / warmup

    def _accumulate_gradients(self, batch: TensorBatch, beta: float) -> float:
        """Read the lines of a window, add their gradients to those before, and give the nats of their bound."""
        lines = lines_of(batch.inputs, batch.targets, self.weights["head.bias"])
        steps, rows = batch.inputs.shape
        shape = (self.model.latents(steps), rows, self.settings.model.latent.size)
        noise = torch.randn(shape, generator=self.generator, device=batch.inputs.device)
        found = self.model.read(self._heard(lines), noise, choosing.run_with_torch, self.dropout)
        loss = found.nats.sum() + beta * found.divergence.clamp(min=self.free_nats).sum() + found.extra
        torch.autograd.backward(loss / (max(1, batch.characters) * self.settings.training.accumulate))
        return float((found.nats.sum() + found.divergence.sum()).detach())

    def _heard(self, lines: Lines) -> Lines:
        """The lines as the decoder reads them: of kind `line`, some symbols are replaced by one that says nothing.

        The end of a record, which begins each line, stays.
        """
        share = self.settings.model.latent.input_dropout
        if self.kind != "line" or not share:
            return lines
        dropped = torch.empty(lines.before.shape, device=lines.before.device)
        dropped.bernoulli_(share, generator=self.generator)[0] = 0
        return lines._replace(before=lines.before.masked_fill(dropped > 0, self.vocab_size))

    def averaged_weights(self) -> Mapping[str, Tensor]:
        """The weights for bounds and samples: their average if there is one, otherwise the weights."""
        return self.average.weights if self.average else {name: w.detach() for name, w in self.weights.items()}

    def parameters(self) -> dict[str, np.ndarray]:
        """A copy of the averaged weights, as numpy arrays in float32."""
        return {name: weight.cpu().numpy().copy() for name, weight in self.averaged_weights().items()}
