"""The parameters of a language model: their names, shapes and starting values.

Shape letters: V symbols, E embedding, H hidden. Names are those of torch's modules (`embedding.weight`,
`recurrent.weight_ih_l0`, `head.weight`), so that the recurrent part loads into torch.nn.LSTM as it is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from charlm.cells import table
from charlm.cells.arrays import Array
from charlm.cells.initial import uniform
from charlm.config.settings import ModelSettings

Shapes = dict[str, tuple[int, ...]]


def input_sizes(settings: ModelSettings) -> list[int]:
    """The width of what each layer reads."""
    embedding_dim = settings.embedding_dim or settings.hidden_size
    return [embedding_dim] + [settings.hidden_size] * (settings.num_layers - 1)


def shapes(settings: ModelSettings, vocab_size: int) -> Shapes:
    """The shape of each parameter, by name, in the order in which they are used."""
    sizes = input_sizes(settings)
    named: Shapes = {"embedding.weight": (vocab_size, sizes[0])}
    for layer, input_size in enumerate(sizes):
        for name, shape in table.find(settings.cell).shapes(input_size, settings.hidden_size).items():
            named[f"recurrent.{name}_l{layer}"] = shape
    if not settings.tied:
        named["head.weight"] = (vocab_size, settings.hidden_size)
    named["head.bias"] = (vocab_size,)
    return named


def count(settings: ModelSettings, vocab_size: int) -> int:
    """How many numbers there are to learn."""
    return sum(math.prod(shape) for shape in shapes(settings, vocab_size).values())


def initial(settings: ModelSettings, vocab_size: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Values to start from, float32. The embedding has unit variance, or the head's scale where the two are one."""
    sizes = input_sizes(settings)
    cell = table.find(settings.cell)
    options = table.complete(settings.cell, settings.cell_options)
    embedding = rng.standard_normal((vocab_size, sizes[0])).astype(np.float32)
    values = {"embedding.weight": embedding * np.float32(sizes[0] ** -0.5 if settings.tied else 1)}
    for layer, input_size in enumerate(sizes):
        for name, value in cell.initial(rng, input_size, settings.hidden_size, options).items():
            values[f"recurrent.{name}_l{layer}"] = value
    if not settings.tied:
        values["head.weight"] = uniform(rng, (vocab_size, settings.hidden_size), settings.hidden_size)
    values["head.bias"] = np.zeros(vocab_size, np.float32)
    return values


def of_layer(parameters: Mapping[str, Array], settings: ModelSettings, layer: int) -> dict[str, Array]:
    """The weights of one layer under the names that its cell gives them."""
    names = table.find(settings.cell).shapes(1, 1)
    return {name: parameters[f"recurrent.{name}_l{layer}"] for name in names}


def of_head(parameters: Mapping[str, Array], settings: ModelSettings) -> tuple[Array, Array]:
    """The head's matrix (V, H), which is the embedding's when they are tied, and its bias (V,)."""
    return parameters["embedding.weight" if settings.tied else "head.weight"], parameters["head.bias"]
