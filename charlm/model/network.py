"""From ids to logits: embedding, a stack of recurrent layers, a head. One definition for numpy and for torch.

Shape letters: T time, B rows, I input, V symbols, E embedding, H hidden, L layers. Time comes first. The state is a
tuple of NamedTuples of arrays with B rows, one for each layer; it goes in and comes out; nothing is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from charlm.cells.arrays import Array
from charlm.cells.cell import Weights
from charlm.cells.symbols import Symbols
from charlm.cells.unroll import Memories
from charlm.cells.unroll import unroll as repeat
from charlm.cells.way_back import Scanned
from charlm.config.settings import ModelSettings
from charlm.model.attention import attend
from charlm.model.parameters import of_attention, of_head, of_layer
from charlm.model.stack import Layer, layers
from charlm.model.state import State

Parameters = Mapping[str, Array]
Input = Array | Symbols  # symbols in the lowest layer
Recurrence = Callable[[Layer, Weights, Input, Any, Memories], tuple[Array, Memories, Any]]


def unroll(layer: Layer, weights: Weights, x: Input, state: Any, below: Memories) -> tuple[Array, Memories, Any]:
    """The definition: one step after the other."""
    return repeat(layer.cell, weights, x, state, below)


def fast(layer: Layer, weights: Weights, x: Input, state: Any, below: Memories) -> tuple[Array, Memories, Any]:
    """The quickest way that the cell has, for torch tensors; to be given to `forward` in place of `unroll`."""
    cell = layer.cell
    # the kernels do not give the memories of every step
    if cell.fused and not layer.read_above and cell.fused.available(state):
        outputs, after = cell.fused(weights, x, state)
        return outputs, None, after
    if isinstance(cell, Scanned):
        from charlm.cells.scan import scan

        return scan(cell, weights, x, state, below)
    return repeat(cell, weights, x, state, below)


def fast_numpy(layer: Layer, weights: Weights, x: Input, state: Any, below: Memories) -> tuple[Array, Memories, Any]:
    """The same for numpy arrays."""
    from charlm.cells import compiled_numpy

    if compiled_numpy.fits(layer.cell, state):
        return compiled_numpy.lstm(layer.cell, weights, x, state)  # type: ignore[arg-type]
    return repeat(layer.cell, weights, x, state, below)


def keep(x: Array) -> Array:
    """No dropout."""
    return x


def forward(
    parameters: Parameters,
    settings: ModelSettings,
    ids: Array,
    state: State,
    recurrence: Recurrence = unroll,
    dropout: Callable[[Array], Array] = keep,
) -> tuple[Array, State]:
    """ids (T, B) and the state before them -> logits (T, B, V) and the state after them."""
    x: Any = Symbols(parameters["embedding.weight"], ids)
    after: list[Any] = []
    below: Memories = None
    for number, layer in enumerate(layers(settings)):
        outputs, memories, layer_state = recurrence(
            layer, of_layer(parameters, number), x, state[number], below if layer.reads_below else None
        )
        x = dropout(outputs + x if settings.residual and number else outputs)
        below = memories
        after.append(layer_state)
    if settings.attention.window:
        x, ring = attend(of_attention(parameters), x, state[-1])
        after.append(ring)
    matrix, bias = of_head(parameters, settings)
    return x @ matrix.T + bias, tuple(after)
