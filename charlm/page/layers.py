"""What the page has to know of a model to run it: arrays, and a function in JavaScript for each kind of layer.

`project` of a cell is not traced: it is taken for W x + b if it gives the same on random inputs. Knows no HTML.
Shape letters: I input, H hidden, K projected, A window of attention.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from charlm.cells.cell import Weights
from charlm.errors import UsageError
from charlm.model.block import Block
from charlm.model.language_model import LanguageModel
from charlm.model.stack import Layer
from charlm.page.hand_steps import BY_HAND
from charlm.page.steps import PageStep, traced_step

TOLERANCE = 1e-5  # between a projection and W x + b, relative to the largest number


@dataclass(frozen=True, eq=False)
class PageModel:
    """`about` describes the model in values that JSON can hold; `arrays` are by the names that it has for them."""

    about: dict[str, Any]
    arrays: dict[str, np.ndarray]
    functions: dict[str, str] = field(default_factory=dict)  # JavaScript by the name of the function


def page_model(model: LanguageModel) -> PageModel:
    """The model for the page. Raises UsageError if the step of a layer cannot be written in JavaScript."""
    parameters, settings = model.parameters, model.settings
    arrays = {"embedding": parameters["embedding.weight"], "head.bias": parameters["head.bias"]}
    if not settings.tied:
        arrays["head"] = parameters["head.weight"]
    layers, functions = [], {}
    for number, (layer, weights) in enumerate(zip(model.layers, model.layer_weights, strict=True)):
        read = layer.cell.step_weights(weights)
        step = _step_of(layer, read, number)
        functions[step.name] = step.source
        arrays |= {f"{number}.{name}": value for name, value in _arrays(layer, read, step, number).items()}
        layers.append(_about_layer(layer, step, len(arrays[f"{number}.offset"])))
    window = settings.attention.window
    if window:
        arrays |= _attention(model.attention_weights)
    about = {
        "tied": settings.tied,
        "residual": settings.residual,
        "window": window,
        "layers": layers,
    }
    if model.connections.blocks:
        about["blocks"] = [_about_block(block) for block, _ in model.connections.blocks]
        for number, (_, weights) in enumerate(model.connections.blocks):
            arrays |= {f"block{number}.{name}": np.asarray(value, np.float32) for name, value in weights.items()}
    return PageModel(about, arrays, functions)


def _about_layer(layer: Layer, step: PageStep, projected: int) -> dict[str, Any]:
    """A layer, as page/assets/model.js takes it."""
    widths = layer.cell.state_widths(layer.input_size, layer.hidden_size)
    fields = layer.cell.STATE._fields
    return {
        **step.options,
        "step": step.name,
        "size": layer.hidden_size,
        "projected": projected,
        "states": list(fields),
        "widths": [widths[name] for name in fields],
        "memory": fields.index(layer.cell.MEMORY) if layer.cell.MEMORY else -1,
        "below": layer.reads_below,
        "kept": list(step.kept),
        "matrices": [len(matrix) for matrix in step.matrices],
        "vectors": len(step.vectors),
        "output": step.output,
        "values": [[name, place] for name, place in step.values.items()],  # in their order
    }


def _about_block(block: Block) -> dict[str, Any]:
    """What surrounds a cell, as page/assets/block.js takes it."""
    return {
        "size": block.hidden_size,
        "input": block.input_size,
        "norm": block.norm,
        "conv": block.conv,
        "gate": block.gate,
        "mlp": block.mlp,
        "residual": block.residual,
    }


def _step_of(layer: Layer, read: Weights, number: int) -> PageStep:
    by_hand = BY_HAND.get(type(layer.cell))
    return by_hand(layer.cell, layer, read) if by_hand else traced_step(layer, read, number)


def _arrays(layer: Layer, read: Weights, step: PageStep, number: int) -> dict[str, np.ndarray]:
    matrix, offset = _projection(layer, read, number)
    found = {"input": matrix, "offset": offset}
    found |= {f"matrix{place}": each for place, each in enumerate(step.matrices)}
    if len(step.vectors):
        found["vectors"] = step.vectors
    return {name: np.ascontiguousarray(value, np.float32) for name, value in found.items()}


def _projection(layer: Layer, read: Weights, number: int) -> tuple[np.ndarray, np.ndarray]:
    """W (K, I) and b (K,) of what the layer's input is projected by. Raises UsageError if it is something else."""
    size = layer.input_size
    exact = {name: np.asarray(value, np.float64) for name, value in read.items()}
    without_bias = {name: value if value.ndim > 1 else 0 * value for name, value in exact.items()}
    matrix = np.asarray(layer.cell.project(without_bias, np.eye(size))).T
    offset = np.asarray(layer.cell.project(exact, np.zeros((1, size))))[0]
    x = np.random.default_rng(0).standard_normal((4, size))
    expected = np.asarray(layer.cell.project(exact, x))
    if np.abs(expected - (x @ matrix.T + offset)).max() > TOLERANCE * (1 + np.abs(expected).max()):
        raise UsageError(
            f"The cell {type(layer.cell).__name__} projects its input by something else than W x + b",
            f"layer {number + 1} of the model",
            "A page needs a cell whose project is W x + b.",
        )
    return matrix, offset


def _attention(weights: Weights) -> dict[str, np.ndarray]:
    """The weights of the attention; the key's is transposed, as it multiplies the query (model/attention.py)."""
    turned = {"attention.key": np.ascontiguousarray(weights["key"].T)}
    return {f"attention.{name}": np.asarray(value) for name, value in weights.items()} | turned
