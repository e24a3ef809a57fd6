"""Which size of model suits a text, and how long a training takes. Knows no text, only its length.

The rule is that of char-rnn's README (Karpathy 2015): about as many parameters as characters. A model with far more
parameters memorises the text, and one with far fewer leaves something unlearnt.
"""

from __future__ import annotations

from dataclasses import dataclass

from charlm.config.resolving import resolve
from charlm.config.settings import ModelSettings, Settings
from charlm.model.parameters import count_parameters

SIZES = ("quick", "small", "medium", "large")  # presets for any text, from the smallest
FOR_A_GPU = ("large",)  # too slow without one
MOST_RATIO = 2.0  # parameters per character, at most
NARROWEST = 32  # units of a layer
LEAST_CHARACTERS = 20_000  # with fewer, a model learns little more than spelling


@dataclass(frozen=True)
class Advice:
    """The arguments to give after `charlm train TEXT`, and the size of the model."""

    arguments: tuple[str, ...]
    parameters: int
    ratio: float  # parameters per character of the training text


def advise(train_characters: int, vocab_size: int, device_type: str, chosen: ModelSettings | None = None) -> Advice:
    """The largest preset that suits the text and the device; if all are too large, the smallest one made narrower.

    If the user has chosen a model, it is this model, made narrower if it is too large.
    """
    if chosen is None:
        models = {name: resolve(name).settings.model for name in SIZES if device_type != "cpu" or name not in FOR_A_GPU}
        sizes = {name: count_parameters(model, vocab_size) for name, model in models.items()}
        fitting = [name for name, size in sizes.items() if size <= MOST_RATIO * train_characters]
        if fitting:
            best = fitting[-1]
            preset = () if best == SIZES[0] else ("-c", best)
            return Advice(preset, sizes[best], sizes[best] / train_characters)
    model = chosen or models[SIZES[0]]
    width, size = model.hidden_size, count_parameters(model, vocab_size)
    if size <= MOST_RATIO * train_characters or model.layers is not None:  # layers one by one: left as they are
        return Advice((), size, size / train_characters)
    while width // 2 >= NARROWEST and size > MOST_RATIO * train_characters:
        width //= 2
        size = count_parameters(model.model_copy(update={"hidden_size": width}), vocab_size)
    arguments = ("-s", f"model.hidden_size={width}", "-s", "model.dropout=0.2")
    return Advice(arguments, size, size / train_characters)


def estimate_seconds(settings: Settings, train_characters: int, characters_per_second: float, window: int) -> float:
    """Wall-clock seconds of a training, without validation. `window`: the characters that are read at once."""
    training = settings.training
    if training.budget is not None:
        return training.budget
    if training.epochs is not None:
        return training.epochs * train_characters / characters_per_second
    return (training.steps or 0) * window * training.accumulate / characters_per_second
