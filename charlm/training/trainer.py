"""A language model in training: its forward pass, its loss, and the state that is carried from window to window.

Knows no files, no clock and no terminal. Shape letters: T time, B rows, V symbols.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from charlm.config.settings import Settings
from charlm.device import Compute
from charlm.engines import captured_window, choosing
from charlm.engines.cuda_graph import CudaCapturer
from charlm.engines.torch_threads import one_thread
from charlm.model.dropout import Dropout
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.model.stack import Recurrence
from charlm.model.state import State, map_state, put_rows, reset_rows
from charlm.processes.group import ALONE, Group
from charlm.processes.lanes import PARTS, LaneShare, require_shareable, share_of
from charlm.processes.messages import shared_arrays
from charlm.randomness import named_stream
from charlm.text.lanes import NO_TARGET, Reader
from charlm.training.batches import Batches, TensorBatch, open_batches
from charlm.training.learner import Learner
from charlm.training.task import UpdateResult


@dataclass(frozen=True)
class Pass:
    """Lanes that are read side by side, their rows among those of this process, and their dropout."""

    lanes: LaneShare
    rows: slice
    dropout: Dropout


class Trainer(Learner):
    """A model in training on one device. It starts from `initial` weights, or from those of the seed of the settings.

    `batch_size` counts the lanes of all processes of the group; `state` has those of this one. `recurrence` runs the
    layers. By default the fastest engines run them, and on CUDA whole windows may be captured.
    """

    def __init__(
        self,
        settings: Settings,
        vocab_size: int,
        batch_size: int,
        compute: Compute,
        recurrence: Recurrence | None = None,
        initial: Mapping[str, np.ndarray] | None = None,
        group: Group = ALONE,
    ) -> None:
        require_shareable(batch_size, group.size, settings.training.ordered_sum)
        values = initial or initial_parameters(
            settings.model, vocab_size, named_stream(settings.training.seed, "weights")
        )
        # those of process 0: another kind of processor may round what it draws in another way
        super().__init__(settings, shared_arrays(group, values), compute, group)
        self.recurrence = recurrence or choosing.run_with_torch
        self.model = LanguageModel(settings.model, self.weights)
        choosing.pack_weights(self.model)
        self.lanes = share_of(batch_size, group.rank, group.size)
        self.passes = self._passes()
        self.state = self.model.fresh_state(self.lanes.count)
        if units := choosing.width_in_small_operations(self.model.layers, self.weights["head.bias"]):
            self.compute_in_small_steps(batch_size, units)  # all lanes: the number of processes changes no bit
        self.batches: Batches | None = None
        self.reader: Reader | None = None
        self.captured: captured_window.CapturedWindow | None = None
        self.notes = choosing.definition_notes(self.model.layers, compute.device_type) if recurrence is None else ()
        if settings.training.ordered_sum:
            threads = 1 if self.threads is one_thread else compute.threads
            number = f"{threads} thread{'s' * (threads > 1)}"
            self.notes += (f"ordered sum of {PARTS} groups of lanes, with {number}: other threads give other bits",)
        if group.size > 1:
            self.notes += (f"{group.size} processes, {self.lanes.count} of {batch_size} lanes in each",)
        if recurrence is None and choosing.captures_windows(compute.device_type):
            if len(self.passes) == 1:
                self._capture(settings.training.seq_len)
            else:
                self.notes += ("no CUDA graph, which takes much longer: training.ordered_sum reads lanes in groups",)

    def _passes(self) -> list[Pass]:
        """All lanes of this process at once; with the ordered sum, its parts of them one after the other."""
        number = PARTS // self.group.size if self.settings.training.ordered_sum else 1
        return [
            Pass(lanes, lanes.rows_in(self.lanes), Dropout(self.settings.model, self.generator, lanes))
            for lanes in self.lanes.parts(number)
        ]

    def _capture(self, seq_len: int) -> None:
        """Capture the passes through a window of this length as a CUDA graph, if possible."""
        loss = partial(self.loss, self.passes[0].dropout)
        window = captured_window.CapturedWindow(loss, self.weights, self.state, seq_len, self.scaler)
        with self.compute.allow_tf32():
            ready = captured_window.prepare_window(
                window, self.recurrence, self.generator, CudaCapturer(self.compute.torch_device())
            )
        self.recurrence, self.captured, self.notes = ready.recurrence, ready.window, self.notes + ready.notes

    def update(self, reader: Reader, position: int, rate: float) -> UpdateResult:
        """Read `accumulate` windows from `position` on, and update the weights with the mean of their gradients."""
        if self.batches is None or reader is not self.reader:
            self.reader, self.batches = reader, open_batches(reader, self.compute, self.lanes)
        passes = [partial(self._accumulate_gradients, each) for each in self.passes]
        return self.learn(self.batches.at, passes, position, rate)

    def loss(
        self, dropout: Dropout, recurrence: Recurrence, inputs: Tensor, targets: Tensor, state: State
    ) -> tuple[Tensor, State]:
        """Inputs and targets (T, B) and the state before them -> the sum of the nats, and the state after them."""
        with self.compute.autocast():
            logits, after = dropout.on_weights(self.model).forward(inputs, state, recurrence, dropout)
        nats = torch.nn.functional.cross_entropy(
            at_least_float32(logits).flatten(0, 1), targets.flatten(), ignore_index=NO_TARGET, reduction="sum"
        )
        return nats, after

    def _accumulate_gradients(self, read: Pass, batch: TensorBatch) -> Tensor:
        """Run the lanes of a pass forward and backward, add their gradients to those before; the sum of their nats."""
        whole = state = self.state
        if len(self.passes) > 1:
            batch, state = batch.of_rows(read.rows), map_state(whole, lambda part: part[read.rows])
        if batch.reset is not None:
            state = reset_rows(state, batch.reset)
        divisor = self.share_of(batch)
        if self.captured and self.captured.accepts(batch.inputs):
            nats, after = self.captured.replay(batch.inputs, batch.targets, state, 1 / divisor)
        else:
            loss, after = self.loss(read.dropout, self.recurrence, batch.inputs, batch.targets, state)
            torch.autograd.backward(self.scaler.scale(loss / divisor))
            nats = loss.detach()
            after = map_state(after, lambda part: at_least_float32(part.detach()))
        if len(self.passes) > 1:
            after = put_rows(whole, np.arange(read.rows.start, read.rows.stop), after)
        self.state = after
        return nats


def at_least_float32(values: Tensor) -> Tensor:
    """In float32, unless they are float64."""
    return values if values.dtype == torch.float64 else values.float()
