"""The parameters of a language model: their names, shapes and starting values.

Shape letters: V symbols, E embedding, H hidden. Names are those of torch's modules (`embedding.weight`,
`recurrent.weight_ih_l0`, `head.weight`), so that the recurrent part loads into torch.nn.LSTM as it is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from charlm.cells.arrays import Array
from charlm.cells.initial import uniform
from charlm.config.settings import ModelSettings
from charlm.model import attention
from charlm.model.stack import layers

Shapes = dict[str, tuple[int, ...]]


def shapes(settings: ModelSettings, vocab_size: int) -> Shapes:
    """The shape of each parameter, by name, in the order in which they are used."""
    stack = layers(settings)
    top = stack[-1].hidden_size
    named: Shapes = {"embedding.weight": (vocab_size, stack[0].input_size)}
    for number, layer in enumerate(stack):
        for name, shape in layer.cell.shapes(layer.input_size, layer.hidden_size, layer.reads_below).items():
            named[f"recurrent.{name}_l{number}"] = shape
    if settings.attention.window:
        for name, shape in attention.shapes(settings.attention.window, top).items():
            named[f"attention.{name}"] = shape
    if not settings.tied:
        named["head.weight"] = (vocab_size, top)
    named["head.bias"] = (vocab_size,)
    return named


def count(settings: ModelSettings, vocab_size: int) -> int:
    """How many numbers there are to learn."""
    return sum(math.prod(shape) for shape in shapes(settings, vocab_size).values())


def initial(settings: ModelSettings, vocab_size: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Values to start from, float32. The embedding has unit variance, or the head's scale where the two are one."""
    stack = layers(settings)
    width, top = stack[0].input_size, stack[-1].hidden_size
    embedding = rng.standard_normal((vocab_size, width)).astype(np.float32)
    values = {"embedding.weight": embedding * np.float32(width**-0.5 if settings.tied else 1)}
    for number, layer in enumerate(stack):
        for name, value in layer.cell.initial_weights(
            rng, layer.input_size, layer.hidden_size, layer.reads_below
        ).items():
            values[f"recurrent.{name}_l{number}"] = value
    if settings.attention.window:
        for name, value in attention.initial(rng, settings.attention.window, top).items():
            values[f"attention.{name}"] = value
    if not settings.tied:
        values["head.weight"] = uniform(rng, (vocab_size, top), top)
    values["head.bias"] = np.zeros(vocab_size, np.float32)
    return values


def of_layer(parameters: Mapping[str, Array], number: int) -> dict[str, Array]:
    """The weights of one layer under the names that its cell gives them."""
    start, end = "recurrent.", f"_l{number}"
    return {
        name[len(start) : -len(end)]: value
        for name, value in parameters.items()
        if name.startswith(start) and name.endswith(end)
    }


def of_attention(parameters: Mapping[str, Array]) -> dict[str, Array]:
    """The weights of the look back, under its own names."""
    return {name.removeprefix("attention."): each for name, each in parameters.items() if name.startswith("attention.")}


def of_head(parameters: Mapping[str, Array], settings: ModelSettings) -> tuple[Array, Array]:
    """The head's matrix (V, H), which is the embedding's when they are tied, and its bias (V,)."""
    return parameters["embedding.weight" if settings.tied else "head.weight"], parameters["head.bias"]
