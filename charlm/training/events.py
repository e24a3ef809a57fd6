"""What happens while a model trains, as values that the loop yields. Knows no terminal.

Scores are nats per character unless a name says bits. Times are seconds of wall clock since the first step, including
those of earlier sessions of the run.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Started:
    """Before the first step. One of `steps`, `epochs` and `budget` is given. `notes` are messages to the user."""

    parameters: int
    train_characters: int
    valid_characters: int
    vocab_size: int
    batch_size: int
    seq_len: int
    steps: int | None
    epochs: float | None
    budget: float | None
    device: str
    precision: str
    resumed_at: int | None
    notes: tuple[str, ...]
    bounded: bool = False  # whether scores are upper bounds: of a model with latent variables


@dataclass(frozen=True)
class Updated:
    """After each update of the weights. `nats` is the mean over the windows of this update."""

    step: int
    progress: float  # share of the training that is done, 0 to 1
    epoch: float
    nats: float
    learning_rate: float
    gradient_norm: float
    characters: int  # read since the first step
    seconds: float
    characters_per_second: float  # over the last few seconds
    train_nats: float  # the training score: the running mean of `nats` over recent updates


@dataclass(frozen=True)
class Skipped:
    """An update that was not applied, because its loss or gradient was not finite."""

    step: int
    reason: str


@dataclass(frozen=True)
class RolledBack:
    """The training went back to an earlier checkpoint and continues with a smaller learning rate."""

    step: int
    to_step: int
    rate_factor: float


@dataclass(frozen=True)
class Validated:
    """An exact score on the valid split. `best` is True if it is the best so far."""

    step: int
    nats: float
    bits: float
    best: bool
    characters: int  # scored
    seconds: float


@dataclass(frozen=True)
class Sampled:
    """Text from the model as it is now."""

    step: int
    text: str


@dataclass(frozen=True)
class Saved:
    """A checkpoint that is completely on disk."""

    step: int
    path: Path
    best: bool


@dataclass(frozen=True)
class Finished:
    """The end. `reason` is `length`, `patience` or `signal`. Valid scores are None if there was no validation.

    `train_nats` is the training score after the last update.
    """

    reason: str
    step: int
    seconds: float
    characters: int
    train_nats: float
    best_step: int | None
    best_nats: float | None
    last_nats: float | None
    bounded: bool = False  # as in Started


Event = Started | Updated | Skipped | RolledBack | Validated | Sampled | Saved | Finished
