"""Which size of model suits a text, and what a training takes: counts of parameters against counts of characters.

Knows no text, only how long it is. The rule is that of char-rnn's README (Karpathy 2015): parameters and characters of
the same order. Far more parameters than characters learn the text by heart; far fewer leave something unlearnt.
"""

from __future__ import annotations

from dataclasses import dataclass

from charlm.config.resolving import resolve
from charlm.config.settings import Settings
from charlm.model.parameters import count_parameters

SIZES = ("quick", "small", "medium", "large")  # presets for any text, from the smallest
FOR_A_CARD = ("large",)  # too slow without a graphics card
ENOUGH = 2.0  # parameters for each character, at most
NARROWEST = 32
WORTH_IT = 20_000  # characters: with fewer, a model learns to spell and little else
PER_PARAMETER = 16  # bytes: the weight, its gradient, AdamW's two moments, float32 each


@dataclass(frozen=True)
class Advice:
    """What to type after `charlm train TEXT`, and its size."""

    arguments: str
    parameters: int
    ratio: float  # parameters for each character of the training text


def advise(train_characters: int, vocab_size: int, kind: str) -> Advice:
    """The largest preset that the text can fill; where none is small enough, the smallest one, made narrower."""
    models = {name: resolve(name).settings.model for name in SIZES if kind != "cpu" or name not in FOR_A_CARD}
    sizes = {name: count_parameters(model, vocab_size) for name, model in models.items()}
    fitting = [name for name, size in sizes.items() if size <= ENOUGH * train_characters]
    if fitting:
        chosen = fitting[-1]
        arguments = "" if chosen == SIZES[0] else f"-c {chosen}"
        return Advice(arguments, sizes[chosen], sizes[chosen] / train_characters)
    width, size = models[SIZES[0]].hidden_size, sizes[SIZES[0]]
    while width // 2 >= NARROWEST and size > ENOUGH * train_characters:
        width //= 2
        size = count_parameters(models[SIZES[0]].model_copy(update={"hidden_size": width}), vocab_size)
    return Advice(f"-s model.hidden_size={width} -s model.dropout=0.2", size, size / train_characters)


def seconds_needed(settings: Settings, train_characters: int, characters_per_second: float) -> float:
    """Wall-clock time of a training, validation left aside."""
    training = settings.training
    if training.budget is not None:
        return training.budget
    if training.epochs is not None:
        return training.epochs * train_characters / characters_per_second
    update = training.batch_size * training.seq_len * training.accumulate
    return (training.steps or 0) * update / characters_per_second
