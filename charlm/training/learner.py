"""What every model in training has, of whatever kind: weights, optimizer, average, random state, and how they change.

A kind of model adds its forward pass and its loss; see trainer.py, pair_trainer.py and latent_trainer.py. Knows no
files, no clock and no terminal.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor

from charlm.config.settings import Settings
from charlm.device import Compute
from charlm.engines.torch_threads import threads_for
from charlm.machine import threads_of_environment
from charlm.model.dropout import Dropout
from charlm.model.state import State
from charlm.processes.group import ALONE, Group
from charlm.training.exchange import exchange_for
from charlm.training.optimization import Average, clip_gradients, gradient_norm
from charlm.training.optimizer import Optimizer
from charlm.training.task import UpdateResult


class Counted(Protocol):
    """A batch, of which the loop counts the characters that are learned."""

    @property
    def characters(self) -> int: ...


Batch = TypeVar("Batch", bound=Counted)


class Learner:
    """Weights in training on one device, from the given values. `state` is what the lanes carry to the next window.

    Each process of `group` has a learner with the same weights, which reads some of the lanes. `restore_trainer` gives
    it the state of an earlier training.
    """

    def __init__(
        self, settings: Settings, values: Mapping[str, np.ndarray], compute: Compute, group: Group = ALONE
    ) -> None:
        self.settings = settings
        self.compute = compute
        self.group = group
        self.exchange = exchange_for(group, settings.training.ordered_sum)
        device = compute.torch_device()
        # copied, so that no update reaches the arrays that were given
        self.weights = {name: torch.tensor(value, device=device).requires_grad_() for name, value in values.items()}
        self.optimizer = Optimizer(settings.training, self.weights)
        self.average = Average(self.weights, settings.training.average) if settings.training.average else None
        self.generator = torch.Generator(device).manual_seed(settings.training.seed)
        self.dropout = Dropout(settings.model, self.generator)
        self.scaler = torch.amp.GradScaler(compute.device_type, enabled=compute.precision == "fp16")
        self.state: State = ()
        self.threads: Callable[[], AbstractContextManager[None]] = nullcontext

    def compute_in_small_steps(self, rows: int, units: int) -> None:
        """Use one thread if the operations of a step are too small for more, and the user has not chosen a number."""
        chosen = self.settings.training.threads or threads_of_environment()
        if self.compute.device_type == "cpu" and not chosen:
            self.threads = threads_for(rows, units)

    def learn(
        self,
        batch_at: Callable[[int], Batch],
        passes: Sequence[Callable[[Batch], Tensor]],
        position: int,
        rate: float,
    ) -> UpdateResult:
        """Read `accumulate` batches (settings) from `position` on, and update with the mean of their gradients.

        A pass runs its rows of a batch forward and backward, adds their gradients to those before, and gives the sum of
        their nats, on the device. Nearly always one pass runs all rows; of several, each begins with the same random
        numbers.
        """
        before = self.state
        random = self.generator.get_state() if len(passes) > 1 else None
        with self.compute.allow_tf32(), self.threads():
            for run in passes:
                if random is not None:
                    self.generator.set_state(random)
                    self.optimizer.zero_grad()
                nats, characters = [], 0
                for number in range(self.settings.training.accumulate):
                    batch = batch_at(position + number)
                    nats.append(run(batch))
                    characters += batch.characters
                self.exchange.put(self.weights, torch.stack(nats).sum())
            total = self.exchange.total(self.weights)
        return self._step(total, characters, rate, before)

    def _step(self, total: Tensor, characters: int, rate: float, before: State) -> UpdateResult:
        """Update the weights with the gradients that they have; `before` is the state if the nats are not finite."""
        self.scaler.unscale_(self.optimizer)  # type: ignore[arg-type]
        # Here the host waits for the device, for both numbers at once.
        nats, norm = torch.stack([total, gradient_norm(self.weights)]).tolist()
        clip_gradients(self.settings.training, self.weights, norm)
        # with fp16 the scaler itself skips a step whose gradients overflowed
        applied = math.isfinite(nats) and (math.isfinite(norm) or self.scaler.is_enabled())
        if applied:
            self.optimizer.lr = rate
            self.scaler.step(self.optimizer)  # type: ignore[arg-type]
            if self.average:
                self.average.update(self.weights)
        if not math.isfinite(nats):
            self.state = before  # in every process, also where the nats of its own lanes are finite
        self.scaler.update()  # after a skipped step too: it lowers the scale and allows the next unscale_
        self.optimizer.zero_grad()
        return UpdateResult(nats / max(1, characters), norm, characters, applied)

    def share_of(self, batch: Counted) -> int:
        """What the sum of a batch's loss is divided by, so that the gradients of an update are those of a mean."""
        return max(1, batch.characters) * self.settings.training.accumulate

    def averaged_weights(self) -> Mapping[str, Tensor]:
        """The weights for scores and samples: their average if there is one, otherwise the weights."""
        return self.average.weights if self.average else {name: w.detach() for name, w in self.weights.items()}

    def parameters(self) -> dict[str, np.ndarray]:
        """A copy of the averaged weights, as numpy arrays in float32."""
        return {name: weight.cpu().numpy().copy() for name, weight in self.averaged_weights().items()}
