"""Updates to be timed: whole steps of training as the program makes them, and as a short script would.

A step is reading the window, forward, backward, clipping, optimizer. The plain version is the loop that tutorials show:
nn.LSTM in float32 with Adam. Shape letters: T time, B rows.
"""

from __future__ import annotations

import itertools

from charlm.benchmark.timing import Job, Speed, race
from charlm.benchmark.workload import VOCAB_SIZE, random_ids
from charlm.config.settings import ModelSettings, Settings, TextSettings, TrainingSettings
from charlm.device import Compute
from charlm.model.stack import Recurrence

WINDOWS = 12  # of the text that is read over and over
RATE = 1e-3


def settings_of(model: ModelSettings, batch_size: int, seq_len: int) -> Settings:
    """The settings of a training of that model, all else as it is when nothing is said."""
    return Settings(text=TextSettings(), model=model, training=TrainingSettings(batch_size=batch_size, seq_len=seq_len))


def training(
    model: ModelSettings, batch_size: int, seq_len: int, compute: Compute, recurrence: Recurrence | None = None
) -> Job:
    """One of charlm's own updates, on a text of random characters."""
    from charlm.text.lanes import Lanes
    from charlm.training.trainer import Trainer

    reader = Lanes(random_ids(batch_size * seq_len * WINDOWS + 1), batch_size, seq_len)
    settings = settings_of(model, batch_size, seq_len)
    trainer = Trainer(settings, VOCAB_SIZE, reader.batch_size, compute, recurrence)
    positions = itertools.count()
    return Job(batch_size * seq_len, lambda: trainer.update(reader, next(positions), RATE))


def training_speed(model: ModelSettings, batch_size: int, seq_len: int, compute: Compute) -> Speed:
    """Of charlm's own updates, alone."""
    return race({"": training(model, batch_size, seq_len, compute)})[""]


def plain_training(num_layers: int, hidden_size: int, batch_size: int, seq_len: int, compute: Compute) -> Job:
    """nn.LSTM in float32 with Adam, on the same device: what a short script of one's own does."""
    import torch
    from torch import nn

    place = compute.torch_device()
    embedding = nn.Embedding(VOCAB_SIZE, hidden_size)
    lstm = nn.LSTM(hidden_size, hidden_size, num_layers)
    head = nn.Linear(hidden_size, VOCAB_SIZE)
    network = nn.ModuleList([embedding, lstm, head]).to(place)
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE)
    inputs = torch.randint(VOCAB_SIZE, (seq_len, batch_size), device=place)
    targets = torch.randint(VOCAB_SIZE, (seq_len, batch_size), device=place)

    def update() -> None:
        optimizer.zero_grad()
        outputs, _ = lstm(embedding(inputs))
        loss = nn.functional.cross_entropy(head(outputs).flatten(0, 1), targets.flatten())
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        loss.item()

    return Job(batch_size * seq_len, update)
