"""Whether a model that the user chose suits a text, and how long a training takes. Knows no text, only its length.

The rule is that of char-rnn's README (Karpathy 2015): about as many parameters as characters. A model with far more
parameters memorises the text, and one with far fewer leaves something unlearnt.
"""

from __future__ import annotations

from dataclasses import dataclass

from charlm.config.settings import ModelSettings, Settings
from charlm.model.parameters import count_parameters

MOST_RATIO = 2.0  # parameters per character, at most
NARROWEST = 32  # units of a layer
LEAST_CHARACTERS = 20_000  # with fewer, a model learns little more than spelling


@dataclass(frozen=True)
class Advice:
    """The arguments to add after `charlm train TEXT`, and the size of the model."""

    arguments: tuple[str, ...]
    parameters: int
    ratio: float  # parameters per character of the training text


def advise(train_characters: int, vocab_size: int, model: ModelSettings) -> Advice:
    """The model that the user chose, made narrower if it is too large for the text."""
    width, size = model.hidden_size, count_parameters(model, vocab_size)
    if size <= MOST_RATIO * train_characters or model.layers is not None:  # layers one by one: left as they are
        return Advice((), size, size / train_characters)
    while width // 2 >= NARROWEST and size > MOST_RATIO * train_characters:
        width //= 2
        size = count_parameters(model.model_copy(update={"hidden_size": width}), vocab_size)
    arguments = ("-s", f"model.hidden_size={width}", "-s", "model.dropout=0.2")
    return Advice(arguments, size, size / train_characters)


def estimate_seconds(settings: Settings, train_characters: int, characters_per_second: float, window: float) -> float:
    """Wall-clock seconds of a training, without validation. `window`: the characters that are read at once."""
    training = settings.training
    if training.budget is not None:
        return training.budget
    if training.epochs is not None:
        return training.epochs * train_characters / characters_per_second
    return (training.steps or 0) * window * training.accumulate / characters_per_second
