"""The settings that suit a text and a time: what `auto` becomes. Pure arithmetic; knows no text and no machine.

The rule comes from trainings of parts of two books; docs/performance.md has them, and says what was not tried. It rests
on three numbers: N, the characters of the training text; D, the characters that a model reads in the time; and P, the
parameters of the model.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

WIDTHS = (32, 48, 64, 96, 128, 160, 192, 224, 256, 320, 384, 448, 512, 640, 768, 896, 1024)
READ_PER_PARAMETER = 14.0  # D / P of the best width on a long text
PARAMETERS_PER_CHARACTER = 2.5  # P / N at most: a wider model learns a short text by heart
UPDATE = 1024  # characters of an update; more would mean fewer updates
LANES, MOST_LANES = 16, 128
LSTM_RATE = 1.5  # of an lstm, times the rate of other cells
MOST_TIMES = 0.3  # that a text is read, times the root of its length; more lets the model learn it by heart
LEAST_UPDATES = 200  # that are made all the same, if there is time


@dataclass(frozen=True)
class Candidate:
    """A width, the parameters P of a model that has it, and the characters D that it reads in the time."""

    hidden_size: int
    parameters: int
    characters: float


def best_width(candidates: Sequence[Candidate], train_characters: int) -> Candidate:
    """The widest model that reads enough for its parameters and is not too large for the text; else the narrowest."""
    fitting = [
        each
        for each in candidates
        if READ_PER_PARAMETER * each.parameters <= each.characters
        and each.parameters <= PARAMETERS_PER_CHARACTER * train_characters
    ]
    return max(fitting or candidates[:1], key=lambda each: each.parameters)


def enough(model: Candidate, train_characters: int) -> Candidate:
    """The same model, which reads no more than the text is worth."""
    most = max(MOST_TIMES * train_characters**1.5, LEAST_UPDATES * UPDATE)
    return replace(model, characters=min(model.characters, most))


def lanes(characters: float) -> int:
    """Lanes of an update, each of which reads so many characters in it: a window, or a record that is shorter."""
    return min(MOST_LANES, max(LANES, 8 * round(UPDATE / characters / 8)))


def settings_for(model: Candidate, train_characters: int, cell: str) -> Mapping[str, float]:
    """What else suits a model of this width and cell, by the names of the settings."""
    return {
        "model.hidden_size": model.hidden_size,
        "model.dropout": dropout(model.characters * model.parameters / train_characters**2),
        "training.learning_rate": learning_rate(model.hidden_size, cell),
        "training.weight_decay": 0.1,
        "training.average": average(model.characters / UPDATE),
    }


def dropout(crowding: float) -> float:
    """In steps of 0.05. Crowding is how often the text is read times the parameters for each of its characters, D / N
    times P / N: the more of both, the more is learned by heart. None up to 8, and 0.075 more whenever it doubles."""
    share = 0.075 * math.log2(max(1.0, crowding / 8))
    return min(0.5, round(share * 20) / 20)


def learning_rate(hidden_size: int, cell: str) -> float:
    """The peak rate, to two digits: 0.011 at 185 units, and half as much again for an lstm."""
    factor = LSTM_RATE if cell == "lstm" else 1.0
    return float(f"{factor * 0.011 * math.sqrt(185 / hidden_size):.2g}")


def average(updates: float) -> float:
    """The decay of the running average of the weights over about the last thirtieth of the updates."""
    return round(1 - 1 / min(1000.0, max(10.0, updates / 30)), 4)
