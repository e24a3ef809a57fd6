"""A model with latent variables in training: how one update changes it. Knows no files, no clock and no terminal.

An update minimises, over all lines of its windows,

    sum of -ln p(x_t | z, ...) + beta * sum of max(KL, free nats) [+ Z-forcing]

divided by the number of characters. beta rises from 0 to 1 over a first part of the training
(model.latent.beta_warmup), so that a latent says something before it costs something. What an update reports is the
bound: with beta = 1, and no nats free. Numbers are float32. Shape letters: T time, B rows, N latents of a line, Z
units.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from charlm.config.settings import Settings
from charlm.device import Compute
from charlm.engines import choosing
from charlm.latent.lines import Lines, lines_of
from charlm.latent.table import KINDS, latent_model
from charlm.randomness import named_stream
from charlm.text.lanes import Reader
from charlm.training.batches import HostBatches, TensorBatch
from charlm.training.learner import Learner
from charlm.training.task import UpdateResult

WARMUP = 0.25  # share of the training in which beta rises, ...
WARMUPS: Mapping[str, float] = {"draw": 0.75}  # ... but where the latents say nothing if it rises sooner
FREE_NATS: Mapping[str, float] = {"line": 1.0, "vrnn": 0.0, "storn": 0.0, "srnn": 0.0, "draw": 0.0}  # of a latent


class LatentTrainer(Learner):
    """A model with latent variables on one device, in float32, from `initial` weights or those of the settings' seed.

    Nothing is carried from line to line.
    """

    def __init__(
        self, settings: Settings, vocab_size: int, compute: Compute, initial: Mapping[str, np.ndarray] | None = None
    ) -> None:
        self.kind, self.vocab_size = str(settings.model.latent.kind), vocab_size
        stream = named_stream(settings.training.seed, "weights")
        values = initial or KINDS[self.kind].initial_parameters(settings.model, vocab_size, stream)
        super().__init__(settings, values, compute)
        self.compute_in_small_steps(settings.training.batch_size, settings.model.hidden_size)
        self.model = latent_model(settings.model, self.weights)

    @property
    def free_nats(self) -> float:
        """The nats of KL of a latent that cost nothing in the loss."""
        given = self.settings.model.latent.free_nats
        return FREE_NATS[self.kind] if given is None else given

    def update(self, reader: Reader, position: int, rate: float, done: float) -> UpdateResult:
        """Read `accumulate` windows from `position` on, and update the weights; `done` is the share of the training."""
        batches, beta = HostBatches(reader, self.compute.torch_device()), self.beta(done)
        return self.learn(batches.at, [lambda batch: self._accumulate_gradients(batch, beta)], position, rate)

    def beta(self, done: float) -> float:
        """The weight of KL when this share of the training is done."""
        given = self.settings.model.latent.beta_warmup
        warmup = WARMUPS.get(self.kind, WARMUP) if given is None else given
        return 1.0 if done >= warmup else done / warmup

    def _accumulate_gradients(self, batch: TensorBatch, beta: float) -> Tensor:
        """Read the lines of a window, add their gradients to those before, and give the nats of their bound."""
        lines = lines_of(batch.inputs, batch.targets, self.weights["head.bias"])
        steps, rows = batch.inputs.shape
        shape = (self.model.latents(steps), rows, self.settings.model.latent.size)
        noise = torch.randn(shape, generator=self.generator, device=batch.inputs.device)
        found = self.model.read(self._heard(lines), noise, choosing.run_with_torch, self.dropout)
        loss = found.nats.sum() + beta * found.divergence.clamp(min=self.free_nats).sum() + found.extra
        torch.autograd.backward(loss / self.share_of(batch))
        bound: Tensor = found.nats.sum() + found.divergence.sum()
        return bound.detach()

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
