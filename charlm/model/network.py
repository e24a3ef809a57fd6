"""From ids to logits: embedding, a stack of recurrent layers, a head. One definition for numpy and for torch.

Shape letters: T time, B rows, V symbols, E embedding, H hidden, L layers. Time comes first. The state is a tuple of L
NamedTuples of (B, H) arrays; it goes in and comes out, and nothing is kept between calls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from charlm.cells import table
from charlm.cells.arrays import Array, lookup
from charlm.cells.table import Cell
from charlm.cells.unroll import unroll
from charlm.config.settings import ModelSettings
from charlm.model.parameters import of_head, of_layer
from charlm.model.state import State

Parameters = Mapping[str, Array]
Recurrence = Callable[[Cell, Mapping[str, Array], Array, Any], tuple[Array, Any]]


def fast(cell: Cell, weights: Mapping[str, Array], x: Array, state: Any) -> tuple[Array, Any]:
    """The cell's fast form, which only torch tensors have; to be given to `forward` in place of `unroll`."""
    return cell.fast(weights, x, state)


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
    cell = table.find(settings.cell)
    x = lookup(parameters["embedding.weight"], ids)
    after = []
    for layer in range(settings.num_layers):
        x, layer_state = recurrence(cell, of_layer(parameters, settings, layer), x, state[layer])
        x = dropout(x)
        after.append(layer_state)
    matrix, bias = of_head(parameters, settings)
    return x @ matrix.T + bias, tuple(after)
