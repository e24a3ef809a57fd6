"""The settings that suit a text and a time: what `auto` becomes. Pure arithmetic; knows no text and no machine.

The rule comes from trainings of parts of two books; docs/performance.md has them, and says what was not tried. It rests
on three numbers: N, the characters of the training text that are learned; D, those that a model learns in the time;
and P, the parameters of the model. Of pairs, the characters are those of the targets.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

WIDTHS = (32, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 640, 768, 896, 1024)
UPDATE = 1024  # characters of an update; more would mean fewer updates
LANES, MOST_LANES = 16, 128
READ_PER_PARAMETER = 14.0  # D / P where more characters and more parameters would help alike
EXPONENT = 0.35  # by which both help
LSTM_RATE = 1.5  # of an lstm, times the rate of other cells
CROWDED = 4.0  # the crowding (see `settings_for`) above which a higher weight decay helps
MOST_TIMES = 0.3  # that a text is read, times the root of its length; more lets the model learn it by heart
LEAST_UPDATES = 200  # that are made all the same, if there is time
SCORED_FASTER = 3.0  # a character is scored in a third of the time that it takes to learn it
VALIDATED, MOST_VALIDATIONS = 0.05, 5  # the share of the time for validations, and how many at most


@dataclass(frozen=True)
class Constants:
    """What differs between kinds of models, as far as it was measured (docs/performance.md, docs/pairs.md)."""

    least_read: float = 8.0  # D / P at least: in a busy minute a model reads less than the timing promised
    parameters_per_character: float = 2.5  # P / N at most: a wider model learns a short text by heart
    rate: float = 1.0  # times the learning rate of a language model


LANGUAGE = Constants()
PAIRS = Constants(least_read=3.0, parameters_per_character=6.0, rate=0.3)  # sources are read, too


@dataclass(frozen=True)
class Candidate:
    """A width, the parameters P of a model that has it, and the characters D that it reads in the time."""

    hidden_size: int
    parameters: int
    characters: float


def best_width(candidates: Sequence[Candidate], train_characters: int, of: Constants = LANGUAGE) -> Candidate:
    """The model that is expected to score best, of those that are not too large for the text and the time; else the
    narrowest."""
    fitting = [
        each
        for each in candidates
        if of.least_read * each.parameters <= each.characters
        and each.parameters <= of.parameters_per_character * train_characters
    ]
    return min(fitting or candidates[:1], key=expected_excess)


def expected_excess(model: Candidate) -> float:
    """What a model is expected to score above the best there is, up to a factor: P^-a + (D / r)^-a.

    The form is that of Hoffmann et al. (2022), with one exponent for parameters and characters. A wider model reads
    less in the same time, but not by much where an update costs more than the products in it.
    """
    return float(model.parameters**-EXPONENT + (max(1.0, model.characters) / READ_PER_PARAMETER) ** -EXPONENT)


def enough(model: Candidate, train_characters: int) -> Candidate:
    """The same model, which reads no more than the text is worth."""
    most = max(MOST_TIMES * train_characters**1.5, LEAST_UPDATES * UPDATE)
    return replace(model, characters=min(model.characters, most))


def lanes(characters: float) -> int:
    """Lanes of an update, each of which reads so many characters in it: a window, or a record that is shorter."""
    return min(MOST_LANES, max(LANES, 8 * round(UPDATE / characters / 8)))


def settings_for(model: Candidate, train_characters: int, cell: str, of: Constants = LANGUAGE) -> Mapping[str, float]:
    """What else suits a model of this width and cell, by the names of the settings.

    Crowding is how often the text is read times the parameters for each of its characters, D / N times P / N: the more
    of both, the more is learned by heart.
    """
    crowding = model.characters * model.parameters / train_characters**2
    return {
        "model.hidden_size": model.hidden_size,
        "model.dropout": dropout(crowding),
        "training.learning_rate": learning_rate(model.hidden_size, cell, of.rate),
        "training.weight_decay": weight_decay(crowding),
        "training.average": average(model.characters / UPDATE),
    }


def dropout(crowding: float) -> float:
    """In steps of 0.05: none up to a crowding of 8, and 0.075 more whenever it doubles."""
    share = 0.075 * math.log2(max(1.0, crowding / 8))
    return min(0.5, round(share * 20) / 20)


def weight_decay(crowding: float) -> float:
    """0.1, and twice as much where the crowding is high."""
    return 0.2 if crowding > CROWDED else 0.1


def learning_rate(hidden_size: int, cell: str, rate: float = LANGUAGE.rate) -> float:
    """The peak rate, to two digits: 0.011 at 185 units, half as much again for an lstm, and times `rate`."""
    factor = rate * (LSTM_RATE if cell == "lstm" else 1.0)
    return float(f"{factor * 0.011 * math.sqrt(185 / hidden_size):.2g}")


def average(updates: float) -> float:
    """The decay of the running average of the weights over about the last thirtieth of the updates."""
    return round(1 - 1 / min(1000.0, max(10.0, updates / 30)), 4)


def seconds_to_validate(characters: int, speed: float) -> float:
    """On so many characters, where so many are learned a second."""
    return characters / (SCORED_FASTER * speed)


def validations(seconds: float, each: float) -> int:
    """How many in so many seconds, where each takes so long: at least one, at the end."""
    return max(1, min(MOST_VALIDATIONS, int(VALIDATED * seconds / each))) if each else MOST_VALIDATIONS
