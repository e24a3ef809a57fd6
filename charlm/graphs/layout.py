"""Where the gradients of all products and projected blocks stand side by side. Knows no engine.

Shape letters: T time, B rows, H hidden, M columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from charlm.cells.arrays import Array
from charlm.graphs.adjoints import StepGradient
from charlm.graphs.arrays import Entry
from charlm.graphs.nodes import Node


@dataclass(frozen=True, eq=False)
class Reading:
    """What reads one input of products: the blocks of weights, each with the number of its column.

    In the order of the columns, so that a slice of all columns (T, B, M H), where they stand in a row, is the gradient
    of these products.
    """

    source: Node
    products: tuple[Node, ...]
    entries: tuple[Entry, ...]
    columns: tuple[int, ...]


@cache
def column_numbers(gradient: StepGradient) -> dict[Node, int]:
    """Which column is at which place."""
    return {column: number for number, column in enumerate(gradient.columns())}


@cache
def projected_columns(gradient: StepGradient) -> tuple[int, ...]:
    """The number of the column of each projected block, in their order."""
    return tuple(column_numbers(gradient)[each] for each in gradient.projected)


@cache
def readings(gradient: StepGradient) -> tuple[Reading, ...]:
    """One for each input of products, in their order."""
    at = column_numbers(gradient)
    found = []
    for source in gradient.inputs:
        own = [product for product in gradient.products if product.args[0] is source]
        own.sort(key=lambda product: at[gradient.products[product]])
        entries = tuple((str(p.key[0]), int(p.key[1]), int(p.key[2])) for p in own)
        found.append(Reading(source, tuple(own), entries, tuple(at[gradient.products[product]] for product in own)))
    return tuple(found)


def matrix_block(weights: Mapping[str, Array], entry: Entry, units: int) -> Array:
    """One block (units, units) of a weight with two axes, as a view; of numpy or of torch."""
    name, row, column = entry
    return weights[name][row * units : (row + 1) * units, column * units : (column + 1) * units]


def vector_block(weights: Mapping[str, Array], leaf: Node, units: int) -> Array:
    """One block (units,) of a weight with one axis: the node says which."""
    name, block = str(leaf.key[0]), int(leaf.key[1])
    return weights[name][block * units : (block + 1) * units]
