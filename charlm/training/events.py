"""What happens while a model trains, as values. The loop yields them; terminal, tests and journal consume them.

Scores are nats per character unless a name says bits; times are seconds of wall clock since the first step of the
training, those before an interruption included.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Started:
    """Before the first step. One of `steps`, `epochs` and `budget` is the length; `notes` are for the user to read."""

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


@dataclass(frozen=True)
class Updated:
    """After each update of the weights. `nats` is the mean over the update's own windows."""

    step: int
    progress: float  # 0 to 1, of the whole training
    epoch: float
    nats: float
    learning_rate: float
    gradient_norm: float
    characters: int  # read so far
    seconds: float
    characters_per_second: float  # over the last few seconds


@dataclass(frozen=True)
class Skipped:
    """An update that would have brought something non-finite into the weights, and was not made."""

    step: int
    reason: str


@dataclass(frozen=True)
class RolledBack:
    """The weights went back to an earlier checkpoint, with a smaller learning rate from here on."""

    step: int
    to_step: int
    rate_factor: float


@dataclass(frozen=True)
class Validated:
    """An exact score on the valid split. `best` says whether it is the best so far."""

    step: int
    nats: float
    bits: float
    best: bool
    characters: int  # that were scored
    seconds: float


@dataclass(frozen=True)
class Sampled:
    """A sample of the model as it is now."""

    step: int
    text: str


@dataclass(frozen=True)
class Saved:
    """A checkpoint that is on disk, whole, from this moment on."""

    step: int
    path: Path
    best: bool


@dataclass(frozen=True)
class Finished:
    """The end. `reason` is `length`, `patience` or `signal`; scores are None where there was no validation."""

    reason: str
    step: int
    seconds: float
    characters: int
    train_nats: float
    best_step: int | None
    best_nats: float | None
    last_nats: float | None


Event = Started | Updated | Skipped | RolledBack | Validated | Sampled | Saved | Finished
