"""A model of pairs in training: how one update changes it. Knows no files, no clock and no terminal.

The loss is the mean of the nats of the targets' characters, their ends included and padding not, and a penalty of
coverage if there is one (charlm/pairs/attention.py). The decoder reads the true target, one character behind.

Shape letters: T steps, B rows, V symbols, J characters of a source.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from charlm.config.settings import Settings
from charlm.device import Compute
from charlm.engines import choosing
from charlm.model.stack import Recurrence
from charlm.pairs.attention import coverage_penalty
from charlm.pairs.model import PairModel
from charlm.pairs.pair_lanes import PairBatch, PairLanes
from charlm.pairs.shapes import initial_pairs
from charlm.randomness import named_stream
from charlm.text.lanes import NO_TARGET
from charlm.training.learner import Learner
from charlm.training.task import UpdateResult


class PairTrainer(Learner):
    """A model of pairs on one device, from `initial` weights or those of the seed. No pair's state is carried on."""

    def __init__(
        self,
        settings: Settings,
        vocab_size: int,
        end: int,
        compute: Compute,
        recurrence: Recurrence | None = None,
        initial: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        stream = named_stream(settings.training.seed, "weights")
        super().__init__(settings, initial or initial_pairs(settings.model, vocab_size, stream), compute)
        self.end, self.recurrence = end, recurrence or choosing.run_with_torch
        self.model = PairModel(settings.model, self.weights)
        self.compute_in_small_steps(settings.training.batch_size, settings.model.hidden_size)
        layers = dict.fromkeys((*self.model.readers, *self.model.layers))
        self.notes = choosing.definition_notes(tuple(layers), compute.device_type)

    def update(self, lanes: PairLanes, position: int, rate: float) -> UpdateResult:
        """Read `accumulate` batches from `position` on, and update the weights with the mean of their gradients."""
        return self.learn(lanes.at, [self._accumulate_gradients], position, rate)

    def _accumulate_gradients(self, batch: PairBatch) -> Tensor:
        """Run one batch forward and backward, add its gradients to those before, and give the sum of its nats."""
        with self.compute.autocast():
            nats, penalty = self.loss(batch)
        torch.autograd.backward(self.scaler.scale((nats + penalty) / self.share_of(batch)))
        return nats.detach()

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
