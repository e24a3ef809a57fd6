"""The settings that suit a text and a time: what `auto` becomes. Pure arithmetic; knows no text and no machine.

The rule was fitted to trainings of texts of 30 kB to 3 MB; docs/performance.md has them, and what they leave
unexplained. It rests on three numbers: N, the characters of the training text; D, the characters that a model reads in
the time; and P, the parameters of the model.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WIDTHS = (32, 48, 64, 96, 128, 160, 192, 224, 256, 320, 384, 448, 512, 640, 768, 896, 1024)
READ_PER_PARAMETER = 7.0  # D / P of the best width on a long text


@dataclass(frozen=True)
class Candidate:
    """A width, the parameters P of a model that has it, and the characters D that it reads in the time."""

    hidden_size: int
    parameters: int
    characters: float


def best_width(candidates: Sequence[Candidate]) -> Candidate:
    """The widest model that reads enough characters for its parameters; the narrowest, if none does."""
    enough = [each for each in candidates if each.characters >= READ_PER_PARAMETER * each.parameters]
    return max(enough or [min(candidates, key=lambda each: each.parameters)], key=lambda each: each.parameters)


def settings_for(model: Candidate, train_characters: int) -> Mapping[str, float | int]:
    """What else suits a model of this width, by the names of the settings."""
    epochs = model.characters / train_characters
    return {
        "model.hidden_size": model.hidden_size,
        "model.dropout": dropout(epochs),
        "training.batch_size": 16,
        "training.learning_rate": learning_rate(model.hidden_size),
        "training.weight_decay": 0.1,
        "training.average": average(model.characters / (16 * 64)),
    }


def dropout(epochs: float) -> float:
    """None for a text that is read a few times, and more, the more often it is read; in steps of 0.05."""
    share = 0.1 * math.log2(max(1.0, epochs / 4))
    return min(0.5, round(share * 20) / 20)


def learning_rate(hidden_size: int) -> float:
    """The peak rate, to two digits."""
    return float(f"{7e-3 * math.sqrt(185 / hidden_size):.2g}")


def average(updates: float) -> float:
    """The decay of the running average of the weights over about the last thirtieth of the updates."""
    return round(1 - 1 / min(1000.0, max(10.0, updates / 30)), 4)
