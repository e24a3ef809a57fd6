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
from charlm.graphs.js_step import JsStep, js_step
from charlm.graphs.layout import matrix_block, vector_block
from charlm.graphs.refusing import UntraceableError
from charlm.graphs.tracing import trace
from charlm.model.block import Block
from charlm.model.language_model import LanguageModel
from charlm.model.stack import Layer

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
        step = _step_of(layer, number)
        functions[step.name] = step.source
        arrays |= {f"{number}.{name}": value for name, value in _arrays(layer, weights, step, number).items()}
        layers.append(
            {
                "step": step.name,
                "size": layer.hidden_size,
                "input": layer.input_size,
                "projected": len(arrays[f"{number}.offset"]),
                "states": list(layer.cell.STATE._fields),
                "memory": layer.cell.STATE._fields.index(layer.cell.MEMORY) if layer.cell.MEMORY else -1,
                "below": layer.reads_below,
                "kept": step.kept,
                "matrices": [len(blocks) for blocks in step.matrices],
                "vectors": len(step.vectors),
                "output": step.output,
                "values": [[name, place] for name, place in _shown(step).items()],  # in their order
            }
        )
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


def _step_of(layer: Layer, number: int) -> JsStep:
    try:
        return js_step(trace(layer.cell, layer.reads_below))
    except UntraceableError as error:
        raise UsageError(
            f"The cell {type(layer.cell).__name__} cannot be written in JavaScript: its step has {error}",
            f"layer {number + 1} of the model",
            "A page needs a cell with a number of its state for each unit, and a step of the operations that "
            "charlm/cells/arrays.py names. `charlm sample` and `charlm serve` run any cell.",
        ) from None


def _shown(step: JsStep) -> dict[str, int]:
    """Each inner value by the name that it has in inspection/value_names.py: the state, the output unless it is a part
    of that, gates."""
    output = {} if step.output in step.after.values() else {"out": step.output}
    return {**step.after, **output, **step.gates}


def _arrays(layer: Layer, weights: Weights, step: JsStep, number: int) -> dict[str, np.ndarray]:
    read = layer.cell.step_weights(weights)
    matrix, offset = _projection(layer, read, number)
    found = {"input": matrix, "offset": offset}
    for place, blocks in enumerate(step.matrices):
        found[f"matrix{place}"] = np.concatenate([matrix_block(read, entry, layer.hidden_size) for entry in blocks])
    if step.vectors:
        found["vectors"] = np.concatenate([vector_block(read, leaf, layer.hidden_size) for leaf in step.vectors])
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
