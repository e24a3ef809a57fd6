"""Characters per second on this machine, beside what plain PyTorch does in the same minute.

Timings are of whole steps as the program makes them: reading the window, forward, backward, clipping, optimizer; or
drawing a character and feeding it back. The plain versions are the loops that tutorials show: nn.LSTM in float32 with
Adam, and nn.LSTM one character at a time. Shape letters: T time, B rows, V symbols, H hidden, L layers.
"""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from charlm.config.settings import ModelSettings, Settings, TextSettings, TrainingSettings
from charlm.device import Compute
from charlm.model.network import Recurrence, fast
from charlm.model.parameters import initial
from charlm.model.stepping import Stepper
from charlm.randomness import stream
from charlm.sampling.decoding import Decoding
from charlm.sampling.generation import generate, random_stream, read

VOCAB_SIZE = 65  # tiny-shakespeare's
WINDOWS = 12  # of the text that is read over and over
WARM_UP = 3
REPEATS = 7


@dataclass(frozen=True)
class Job:
    """Something to be timed, again and again, and how many characters it handles each time."""

    characters: int
    work: Callable[[], object]


@dataclass(frozen=True)
class Speed:
    """Characters per second in each round of timing."""

    rounds: tuple[float, ...]

    @property
    def best(self) -> float:
        return max(self.rounds)

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)

    def over(self, other: Speed) -> float:
        """How many times faster than the other: the median of the rounds' ratios, as both were timed in turn."""
        return statistics.median(mine / theirs for mine, theirs in zip(self.rounds, other.rounds, strict=True))


def race(jobs: Mapping[str, Job], repeats: int = REPEATS, warm_up: int = WARM_UP) -> dict[str, Speed]:
    """Time the jobs in turn, round after round, so that a slow minute of the machine is slow for all of them."""
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    for number in range(warm_up + repeats):
        for name, job in jobs.items():
            began = time.perf_counter()
            job.work()
            if number >= warm_up:
                seconds[name].append(time.perf_counter() - began)
    return {name: Speed(tuple(jobs[name].characters / each for each in taken)) for name, taken in seconds.items()}


def training(
    model: ModelSettings, batch_size: int, seq_len: int, compute: Compute, recurrence: Recurrence = fast
) -> Job:
    """One of charlm's own updates, on a text of random characters."""
    from charlm.text.lanes import Lanes
    from charlm.training.trainee import Trainee

    settings = Settings(
        text=TextSettings(), model=model, training=TrainingSettings(batch_size=batch_size, seq_len=seq_len)
    )
    ids = stream(1, "benchmark").integers(0, VOCAB_SIZE, batch_size * seq_len * WINDOWS + 1).astype(np.uint8)
    reader = Lanes(ids, batch_size, seq_len)
    trainee = Trainee(settings, VOCAB_SIZE, reader.batch_size, compute, recurrence)
    positions = itertools.count()
    return Job(batch_size * seq_len, lambda: trainee.update(reader, next(positions), 1e-3))


def training_speed(model: ModelSettings, batch_size: int, seq_len: int, compute: Compute) -> Speed:
    """Of charlm's own updates, alone."""
    return race({"": training(model, batch_size, seq_len, compute)})[""]


def plain_training(num_layers: int, hidden_size: int, batch_size: int, seq_len: int, compute: Compute) -> Job:
    """nn.LSTM in float32 with Adam, on the same device: what a short script of one's own does."""
    import torch
    from torch import nn

    place = compute.place()
    embedding = nn.Embedding(VOCAB_SIZE, hidden_size)
    lstm = nn.LSTM(hidden_size, hidden_size, num_layers)
    head = nn.Linear(hidden_size, VOCAB_SIZE)
    network = nn.ModuleList([embedding, lstm, head]).to(place)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
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


def sampling_speed(model: ModelSettings, length: int) -> Speed:
    """Of one stream from charlm's numpy engine, with the decoding that `charlm sample` uses by default."""
    stepper = Stepper(initial(model, VOCAB_SIZE, stream(1, "benchmark")), model)
    start = read(stepper, [0])

    def sample() -> None:
        for _ in generate(stepper, start, Decoding(temperature=0.8), length, random_stream(1, 0)):
            pass

    return race({"": Job(length, sample)}, warm_up=1)[""]


def plain_sampling_speed(num_layers: int, hidden_size: int, length: int) -> Speed:
    """Of nn.LSTM called for one character at a time, on the CPU: how most scripts sample."""
    import torch
    from torch import nn

    embedding = nn.Embedding(VOCAB_SIZE, hidden_size)
    lstm = nn.LSTM(hidden_size, hidden_size, num_layers)
    head = nn.Linear(hidden_size, VOCAB_SIZE)

    def sample() -> None:
        state, symbol = None, torch.zeros(1, 1, dtype=torch.long)
        with torch.inference_mode():
            for _ in range(length):
                outputs, state = lstm(embedding(symbol), state)
                symbol = torch.multinomial(torch.softmax(head(outputs[-1]) / 0.8, -1), 1)

    return race({"": Job(length, sample)}, warm_up=1)[""]
