"""Training to be timed: whole updates as charlm makes them, and as a short script would make them.

An update is reading the window, forward, backward, clipping, optimizer. The plain version is the loop of most
tutorials: nn.LSTM in float32 with Adam. Knows no clock but the stopwatch. Shape letters: T time, B rows.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from charlm.benchmark.stopwatch import Stopwatch
from charlm.benchmark.timing import Job, Speed, time_in_turn
from charlm.benchmark.workload import VOCAB_SIZE, random_ids
from charlm.config.settings import ModelSettings, Settings, TextSettings, TrainingSettings
from charlm.device import Compute
from charlm.engines.choosing import run_with_torch
from charlm.model.stack import Recurrence, build_layers, unroll_layer
from charlm.text.lanes import Batch, Lanes

WINDOWS = 12  # of the text, which is read again and again
RATE = 1e-3
CELLS, HEAD, CLIP, OPTIMIZER, DATA, OTHER = PARTS = ("cells", "head and loss", "clip", "optimizer", "data", "other")
WARM_UP = 3
UPDATES = 10


def training_job(
    model_settings: ModelSettings, batch_size: int, seq_len: int, compute: Compute, recurrence: Recurrence | None = None
) -> Job:
    """One update of charlm, on a text of random characters."""
    from charlm.training.trainer import Trainer

    reader = random_lanes(batch_size, seq_len)
    settings = settings_of(model_settings, batch_size, seq_len)
    trainer = Trainer(settings, VOCAB_SIZE, reader.batch_size, compute, recurrence)
    positions = itertools.count()
    return Job(batch_size * seq_len, lambda: trainer.update(reader, next(positions), RATE))


def step_by_step_job(model_settings: ModelSettings, batch_size: int, seq_len: int, compute: Compute) -> Job:
    """The same with the cell's definition, step by step under autograd, in place of the engine that charlm chooses."""
    return training_job(model_settings, batch_size, seq_len, compute, unroll_layer)


def measure_training_speed(model_settings: ModelSettings, batch_size: int, seq_len: int, compute: Compute) -> Speed:
    """The speed of charlm's updates, without a comparison."""
    return time_in_turn({"": training_job(model_settings, batch_size, seq_len, compute)})[""]


def plain_training_job(num_layers: int, hidden_size: int, batch_size: int, seq_len: int, compute: Compute) -> Job:
    """nn.LSTM in float32 with Adam, on the same device: one update of a short script."""
    import torch
    from torch import nn

    device = compute.torch_device()
    embedding = nn.Embedding(VOCAB_SIZE, hidden_size)
    lstm = nn.LSTM(hidden_size, hidden_size, num_layers)
    head = nn.Linear(hidden_size, VOCAB_SIZE)
    network = nn.ModuleList([embedding, lstm, head]).to(device)
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE)
    inputs = torch.randint(VOCAB_SIZE, (seq_len, batch_size), device=device)
    targets = torch.randint(VOCAB_SIZE, (seq_len, batch_size), device=device)

    def update() -> None:
        optimizer.zero_grad()
        outputs, _ = lstm(embedding(inputs))
        loss = nn.functional.cross_entropy(head(outputs).flatten(0, 1), targets.flatten())
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        loss.item()

    return Job(batch_size * seq_len, update)


def time_parts_of_update(
    model_settings: ModelSettings, batch_size: int, seq_len: int, compute: Compute
) -> dict[str, float]:
    """Seconds by part (PARTS) of the quickest of some updates. The parts:

    cells          forward and backward of the layers, with the products of their inputs and the embedding's gradient
    head and loss  forward and backward of the last product and of the cross-entropy
    clip           keeping the state for the next window, the norm of all gradients, and clipping
    optimizer      its step
    data           reading the window
    other          copies, casts, and the Python around the rest

    The marks are set from outside: by torch's hooks, and by the reader and the recurrence that the trainer is given.
    Marks cost time themselves; `charlm bench train --json` also has the time of an update without them.
    """
    import torch

    from charlm.training.trainer import Trainer

    stopwatch = Stopwatch(torch.cuda.synchronize if compute.device_type == "cuda" else lambda: None)
    reader = _TimedLanes(_text(batch_size, seq_len), batch_size, seq_len)
    reader.stopwatch = stopwatch
    settings = settings_of(model_settings, batch_size, seq_len)
    recurrence = _timed_recurrence(stopwatch, len(build_layers(model_settings)))
    trainer = Trainer(settings, VOCAB_SIZE, reader.batch_size, compute, recurrence)
    for name, weight in trainer.weights.items():
        part = HEAD if name.startswith("head.") else CELLS
        weight.register_post_accumulate_grad_hook(lambda _, part=part: stopwatch.end(part))  # type: ignore[no-untyped-call]
    step = trainer.optimizer.step

    def timed_step() -> None:
        stopwatch.end(CLIP)
        step()
        stopwatch.end(OPTIMIZER)

    trainer.optimizer.step = timed_step  # type: ignore[method-assign]

    updates = []
    for number in range(WARM_UP + UPDATES):
        stopwatch.start()
        trainer.update(reader, number, RATE)
        stopwatch.end(OTHER)
        updates.append(stopwatch.seconds)
    quickest = min(updates[WARM_UP:], key=lambda seconds: sum(seconds.values()))
    return {part: quickest.get(part, 0.0) for part in PARTS}


class _TimedLanes(Lanes):
    """Lanes that book the time of reading them."""

    stopwatch: Stopwatch

    def at(self, position: int) -> Batch:
        self.stopwatch.end(OTHER)
        batch = super().at(position)
        self.stopwatch.end(DATA)
        return batch


def _timed_recurrence(stopwatch: Stopwatch, num_layers: int) -> Recurrence:
    """The recurrence that charlm chooses, with a mark before and after each layer, forward and backward."""
    above = itertools.cycle([CELLS] * (num_layers - 1) + [HEAD])  # the part that is above each layer

    def recurrence(*arguments: Any) -> Any:
        stopwatch.end(OTHER)
        result = run_with_torch(*arguments)
        stopwatch.end(CELLS)
        part = next(above)
        # Once the gradient of a layer's output exists, the backward pass of all above the layer is done.
        result[0].register_hook(lambda _: stopwatch.end(part))
        return result

    return recurrence


def settings_of(model_settings: ModelSettings, batch_size: int, seq_len: int) -> Settings:
    """The settings of a training of that model; the others have their defaults."""
    training_settings = TrainingSettings(batch_size=batch_size, seq_len=seq_len)
    return Settings(text=TextSettings(), model=model_settings, training=training_settings)


def random_lanes(batch_size: int, seq_len: int) -> Lanes:
    """A text of random characters in so many lanes."""
    return Lanes(_text(batch_size, seq_len), batch_size, seq_len)


def _text(batch_size: int, seq_len: int) -> np.ndarray:
    """(N,) random characters: WINDOWS windows of so many lanes."""
    return random_ids(batch_size * seq_len * WINDOWS + 1)
