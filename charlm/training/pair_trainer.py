"""A model of pairs in training: how one update changes it. Knows no files, no clock and no terminal.

The loss is the mean of the nats of the targets' characters, their ends included and padding not, and a penalty of
coverage if there is one (charlm/pairs/attention.py). The decoder reads the true target, one character behind.

Shape letters: T steps, B rows, V symbols, J characters of a source.
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
from charlm.model.dropout import Dropout
from charlm.model.stack import Recurrence
from charlm.model.state import State
from charlm.pairs.attention import coverage_penalty
from charlm.pairs.model import PairModel
from charlm.pairs.pair_lanes import PairBatch, PairLanes
from charlm.pairs.shapes import initial_pairs
from charlm.randomness import named_stream
from charlm.text.lanes import NO_TARGET
from charlm.training.optimization import Average, clip_gradients
from charlm.training.optimizer import Optimizer
from charlm.training.task import UpdateResult


class PairTrainer:
    """A model of pairs on one device, from the weights of the seed of the settings.

    It has what `training_arrays` keeps of a trainer, and `restore_trainer` gives back.
    """

    def __init__(
        self, settings: Settings, vocab_size: int, end: int, compute: Compute, recurrence: Recurrence | None = None
    ) -> None:
        self.settings, self.compute, self.end = settings, compute, end
        self.recurrence = recurrence or choosing.run_with_torch
        device = compute.torch_device()
        values = initial_pairs(settings.model, vocab_size, named_stream(settings.training.seed, "weights"))
        self.weights = {name: torch.tensor(value, device=device).requires_grad_() for name, value in values.items()}
        self.model = PairModel(settings.model, self.weights)
        self.optimizer = Optimizer(settings.training, self.weights)
        self.average = Average(self.weights, settings.training.average) if settings.training.average else None
        self.generator = torch.Generator(device).manual_seed(settings.training.seed)
        self.dropout = Dropout(settings.model, self.generator)
        self.scaler = torch.amp.GradScaler(compute.device_type, enabled=compute.precision == "fp16")
        self.state: State = ()  # nothing is carried from pair to pair
        layers = dict.fromkeys((*self.model.readers, *self.model.layers))
        self.notes = choosing.definition_notes(tuple(layers), compute.device_type)

    def update(self, lanes: PairLanes, position: int, rate: float) -> UpdateResult:
        """Read `accumulate` batches from `position` on, and update the weights with the mean of their gradients."""
        nats, characters = 0.0, 0
        with self.compute.allow_tf32():
            for number in range(self.settings.training.accumulate):
                batch = lanes.at(position + number)
                nats += self._accumulate_gradients(batch)
                characters += batch.characters
        self.scaler.unscale_(self.optimizer)  # type: ignore[arg-type]
        norm = clip_gradients(self.settings.training, self.weights)
        applied = math.isfinite(nats) and (math.isfinite(norm) or self.scaler.is_enabled())
        if applied:
            self.optimizer.lr = rate
            self.scaler.step(self.optimizer)  # type: ignore[arg-type]
            if self.average:
                self.average.update(self.weights)
        self.scaler.update()
        self.optimizer.zero_grad()
        return UpdateResult(nats / max(1, characters), norm, characters, applied)

    def _accumulate_gradients(self, batch: PairBatch) -> float:
        """Run one batch forward and backward, add its gradients to those before, and give the sum of its nats."""
        with self.compute.autocast():
            nats, penalty = self.loss(batch)
        divisor = max(1, batch.characters) * self.settings.training.accumulate
        torch.autograd.backward(self.scaler.scale((nats + penalty) / divisor))
        return float(nats.detach())

    def loss(self, batch: PairBatch) -> tuple[Tensor, Tensor | float]:
        """The sum of the nats of a batch, and the weighted penalty of coverage."""
        model = self.model
        read = model.read(batch.source, batch.lengths, self.end, self.recurrence, self.dropout)
        logits, _, alpha = model.write(read, batch.inputs, read.state, self.recurrence, self.dropout)
        targets = torch.from_numpy(batch.targets).to(logits.device)
        nats = torch.nn.functional.cross_entropy(
            logits.float().flatten(0, 1), targets.flatten(), ignore_index=NO_TARGET, reduction="sum"
        )
        weight = self.settings.model.pairs.coverage
        if not weight or alpha is None:
            return nats, 0.0
        there = torch.from_numpy(np.arange(len(batch.source)) < batch.lengths[:, None]).to(logits.device)
        return nats, weight * coverage_penalty(alpha, (targets != NO_TARGET).float(), there.float())

    def averaged_weights(self) -> Mapping[str, Tensor]:
        """The weights for scores and conversions: their average if there is one, otherwise the weights."""
        return self.average.weights if self.average else {name: w.detach() for name, w in self.weights.items()}

    def parameters(self) -> dict[str, np.ndarray]:
        """A copy of the averaged weights, as numpy arrays in float32."""
        return {name: weight.cpu().numpy().copy() for name, weight in self.averaged_weights().items()}
