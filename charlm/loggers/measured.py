"""A line of metrics.jsonl in the terms of loggers: numbers by name, at a step and a time, and text. Knows no logger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from charlm.evaluation.score import in_bits
from charlm.runs.files import finite_number

# The numbers of each kind of line: what a logger calls them, and the key in the line.
NUMBERS: Mapping[str, Mapping[str, str]] = {
    "updated": {
        "train/nats": "nats",
        "train/mean_nats": "train_nats",  # the running mean of recent updates
        "train/learning_rate": "learning_rate",
        "train/gradient_norm": "gradient_norm",
        "train/characters_per_second": "characters_per_second",
        "train/epoch": "epoch",
    },
    "validated": {"valid/nats": "nats"},
    "spiked": {"train/spike_nats": "nats"},
    "rolledback": {"train/rate_factor": "rate_factor"},
}
IN_BITS = {"train/mean_nats": "train/mean_bits", "train/nats": "train/bits", "valid/nats": "valid/bits"}


@dataclass(frozen=True)
class Measured:
    """What a line says. `seconds` are those since the first step of the training; None if the line has none."""

    step: int
    seconds: float | None
    numbers: Mapping[str, float]
    sample: str | None  # text that the model wrote


def measured(line: Mapping[str, Any]) -> Measured | None:
    """What a logger gets of a line; None if nothing: of a checkpoint, or of a line that charlm did not write."""
    event, step = line.get("event"), line.get("step")
    if not isinstance(step, int) or isinstance(step, bool):
        return None
    found = {name: finite_number(line.get(key)) for name, key in NUMBERS.get(str(event), {}).items()}
    numbers = {name: float(value) for name, value in found.items() if value is not None}
    numbers |= {bits: in_bits(numbers[nats]) for nats, bits in IN_BITS.items() if nats in numbers}
    if event == "skipped":
        numbers = {"train/skipped": 1.0}
    text = line.get("text") if event == "sampled" else None
    sample = text if isinstance(text, str) else None
    if not numbers and sample is None:
        return None
    return Measured(step, finite_number(line.get("seconds")), numbers, sample)
