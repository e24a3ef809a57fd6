"""The parameters of a language model: their names, shapes and initial values. Knows no engine and no text.

Shape letters: V symbols, E embedding, H hidden. Names are those of torch's modules (`embedding.weight`,
`recurrent.weight_ih_l0`, `head.weight`), so that torch.nn.LSTM loads the recurrent part unchanged. What surrounds the
cell of a layer is `blocks.0.norm` and so on.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from charlm.cells.arrays import Array
from charlm.cells.initial import uniform
from charlm.config.settings import ModelSettings
from charlm.model.attention import attention_shapes, initial_attention
from charlm.model.block import build_blocks
from charlm.model.stack import Layer, build_layers

Shapes = dict[str, tuple[int, ...]]
RECURRENT = "recurrent"  # the part of the names that the layers of a language model have


def parameter_shapes(model_settings: ModelSettings, vocab_size: int) -> Shapes:
    """The shape of each parameter, by name, in the order in which they are used."""
    stack = build_layers(model_settings)
    top = stack[-1].hidden_size
    named: Shapes = {"embedding.weight": (vocab_size, model_settings.embedding_width)}
    named |= stack_shapes(stack)
    for number, block in enumerate(build_blocks(model_settings)):
        named |= {f"blocks.{number}.{name}": shape for name, shape in block.shapes().items()}
    if model_settings.attention.window:
        for name, shape in attention_shapes(model_settings.attention.window, top).items():
            named[f"attention.{name}"] = shape
    if not model_settings.tied:
        named["head.weight"] = (vocab_size, top)
    named["head.bias"] = (vocab_size,)
    return named


def count_parameters(model_settings: ModelSettings, vocab_size: int) -> int:
    """The number of learned values."""
    return sum(math.prod(shape) for shape in parameter_shapes(model_settings, vocab_size).values())


def initial_parameters(
    model_settings: ModelSettings, vocab_size: int, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Initial values, float32. The embedding has unit variance, or the scale of the head if it is tied to it."""
    stack = build_layers(model_settings)
    width, top = model_settings.embedding_width, stack[-1].hidden_size
    embedding = rng.standard_normal((vocab_size, width)).astype(np.float32)
    values = {"embedding.weight": embedding * np.float32(width**-0.5 if model_settings.tied else 1)}
    values |= initial_stack(rng, stack)
    for number, block in enumerate(build_blocks(model_settings)):
        values |= {f"blocks.{number}.{name}": value for name, value in block.initial_weights(rng).items()}
    if model_settings.attention.window:
        for name, value in initial_attention(rng, model_settings.attention.window, top).items():
            values[f"attention.{name}"] = value
    if not model_settings.tied:
        values["head.weight"] = uniform(rng, (vocab_size, top), top)
    values["head.bias"] = np.zeros(vocab_size, np.float32)
    return values


def stack_shapes(layers: Sequence[Layer], part: str = RECURRENT) -> Shapes:
    """The shape of each weight of a stack of layers, by name."""
    return {
        f"{part}.{name}_l{number}": shape
        for number, layer in enumerate(layers)
        for name, shape in layer.cell.shapes(layer.input_size, layer.hidden_size, layer.reads_below).items()
    }


def initial_stack(rng: np.random.Generator, layers: Sequence[Layer], part: str = RECURRENT) -> dict[str, np.ndarray]:
    """Initial values of the weights of a stack of layers, float32, by name."""
    return {
        f"{part}.{name}_l{number}": value
        for number, layer in enumerate(layers)
        for name, value in layer.cell.initial_weights(
            rng, layer.input_size, layer.hidden_size, layer.reads_below
        ).items()
    }


def weights_of_layer(parameters: Mapping[str, Array], number: int, part: str = RECURRENT) -> dict[str, Array]:
    """The weights of one layer, by the cell's own names."""
    prefix, suffix = f"{part}.", f"_l{number}"
    return {
        name.removeprefix(prefix).removesuffix(suffix): value
        for name, value in parameters.items()
        if name.startswith(prefix) and name.endswith(suffix)
    }


def part_of(parameters: Mapping[str, Array], part: str) -> dict[str, Array]:
    """The parameters of a part, by the names that they have within it."""
    prefix = f"{part}."
    return {name.removeprefix(prefix): value for name, value in parameters.items() if name.startswith(prefix)}


def weights_of_block(parameters: Mapping[str, Array], number: int) -> dict[str, Array]:
    """The weights of what surrounds the cell of a layer, by its own names (model/block.py)."""
    return part_of(parameters, f"blocks.{number}")


def weights_of_attention(parameters: Mapping[str, Array]) -> dict[str, Array]:
    """The weights of the attention, by its own names (model/attention.py)."""
    return part_of(parameters, "attention")


def weights_of_head(parameters: Mapping[str, Array], model_settings: ModelSettings) -> tuple[Array, Array]:
    """The matrix (V, H) of the head, which is the embedding's if they are tied, and its bias (V,)."""
    return parameters["embedding.weight" if model_settings.tied else "head.weight"], parameters["head.bias"]
