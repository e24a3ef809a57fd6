"""Run a cell's `step` once on symbolic arrays, which record what is done with them. Knows no engine.

A symbolic array is a row of blocks as wide as the layer. It has the operations of cells/arrays.py and the operators of
arrays; anything else cannot be traced, and says which operation it is. Shape letters: B rows, H hidden, K projected.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import cache
from hashlib import sha256
from itertools import islice
from typing import Any

import numpy as np

from charlm.cells.cell import Cell
from charlm.graphs.arrays import Blocks, Matrix
from charlm.graphs.nodes import Node, node, ordered
from charlm.graphs.refusing import UntraceableError

SMALLEST = 16  # units of the layer that is traced; a block cannot be mistaken for a single unit
ROWS = 5, 7  # it is traced twice, so that no size becomes a constant of its graph


@dataclass(frozen=True, eq=False)
class StepGraph:
    """What a step computes. `after` is by field of the state, `gates` by name; blocks are counted, vectors named."""

    output: Node
    after: dict[str, Node]
    gates: dict[str, Node]
    projected: int  # blocks of the projected input
    reads_below: bool
    memory: str | None  # the field that the layer above may read
    fixed: frozenset[str]  # weights that `step` reads and that do not depend on the learned ones
    shapes: dict[str, tuple[int, ...]]  # of the weights that `step` reads, in blocks

    def parts(self) -> tuple[object, ...]:
        """All that there is to it. Nodes of equal content are one object, so that two graphs can be compared."""
        return tuple(getattr(self, each.name) for each in fields(self))

    def nodes(self) -> list[Node]:
        """All nodes of the step, each after its arguments."""
        return list(ordered([self.output, *self.after.values()]))

    def fingerprint(self) -> str:
        """Equal for steps that compute the same, whatever their options and weights are called in the cell's code."""
        nodes = list(ordered([self.output, *self.after.values()]))
        number = {each: place for place, each in enumerate(nodes)}
        lines = [f"{each.op} {each.key} {[number[argument] for argument in each.args]}" for each in nodes]
        ends = [number[self.output], {name: number[after] for name, after in self.after.items()}]
        rest = [self.projected, self.reads_below, self.memory, sorted(self.fixed)]
        return sha256("\n".join([*lines, repr(ends), repr(rest)]).encode()).hexdigest()[:16]

    def products(self) -> list[Node]:
        return [each for each in self.nodes() if each.op == "product"]


@cache
def trace(cell: Cell, below: bool = False) -> StepGraph:
    """The graph of the cell's step; `below`: the layer reads the memory of a layer below it.

    Raises UntraceableError, which names the operation, for a step that does something else than the graph can say.
    """
    possible = (size for size in range(SMALLEST, 64 * SMALLEST) if not cell.size_problem(size))
    widths = list(islice(possible, 2))
    if len(widths) < 2:
        raise UntraceableError(f"a layer of fewer than two sizes from {SMALLEST} to {64 * SMALLEST} units")
    graph, other = (_trace(cell, below, width, rows) for width, rows in zip(widths, ROWS, strict=True))
    if graph.parts() != other.parts():
        raise UntraceableError("a number that depends on the number of units or rows")
    return graph


@cache
def trace_problem(cell: Cell, below: bool = False) -> str | None:
    """The operation for which the cell's step cannot be traced; None if it can."""
    try:
        trace(cell, below)
    except UntraceableError as error:
        return str(error)
    return None


def _trace(cell: Cell, below: bool, width: int, rows: int) -> StepGraph:
    for name, size in cell.state_widths(width, width).items():
        if size != width:
            raise UntraceableError(f"a state whose {name} has another number of values than the layer has units")
    rng = np.random.default_rng(0)
    shapes = cell.shapes(width, width, below)
    read, others = (
        cell.step_weights({name: rng.standard_normal(shape) for name, shape in shapes.items()}) for _ in range(2)
    )
    projected = _blocks(np.asarray(cell.project(read, np.zeros((rows, width)))).shape[-1], width, "project")
    arrays = {name: _weight(name, np.shape(value), width) for name, value in read.items()}
    weights = _Read(arrays)
    state = cell.STATE(*(Blocks((node("state", key=(name,)),), rows, width) for name in cell.STATE._fields))
    given = Blocks(tuple(node("projected", key=(block,)) for block in range(projected)), rows, width)
    memory = Blocks((node("below"),), rows, width) if below else None
    try:
        output, after, gates = cell.step(weights, given, state, memory)
        state_after = after._asdict()
    except (TypeError, ValueError, AttributeError, LookupError) as error:  # an operator or a function of numpy's own
        raise UntraceableError(str(error)) from error
    if tuple(state_after) != cell.STATE._fields:
        raise UntraceableError(f"a state of {', '.join(state_after)} after one of {', '.join(cell.STATE._fields)}")
    return StepGraph(
        output=_single(output, "the output"),
        after={name: _single(value, f"the state's {name}") for name, value in state_after.items()},
        gates={name: _single(value, name) for name, value in gates.items()},
        projected=projected,
        reads_below=below,
        memory=cell.MEMORY,
        fixed=frozenset(name for name, value in read.items() if np.array_equal(value, others[name])),
        shapes={name: tuple(size // width for size in np.shape(read[name])) for name in weights.names},
    )


def _blocks(size: int, width: int, what: str) -> int:
    if size % width:
        raise UntraceableError(f"{what} gives {size} numbers for {width} units, which is no whole number of blocks")
    return size // width


def _weight(name: str, shape: tuple[int, ...], width: int) -> Callable[[], Any]:
    """A weight as a symbolic array, made when `step` reads it: those that only `project` reads may have any shape."""

    def made() -> Any:
        sizes = [_blocks(size, width, name) for size in shape]
        if len(shape) == 1:
            return Blocks(tuple(node("vector", key=(name, block)) for block in range(sizes[0])), None, width)
        if len(shape) == 2:
            rows = tuple(tuple((name, row, column) for column in range(sizes[1])) for row in range(sizes[0]))
            return Matrix(rows, width)
        raise UntraceableError(f"a weight with {len(shape)} axes")

    return made


class _Read(dict[str, Any]):
    """The weights by name, and the names of those that were read."""

    def __init__(self, made: dict[str, Callable[[], Any]]) -> None:
        super().__init__(made)
        self.names: dict[str, None] = {}  # in the order of reading

    def __getitem__(self, name: str) -> Any:
        made = super().__getitem__(name)
        self.names[name] = None
        return made()


def _single(value: Any, what: str) -> Node:
    """The node of a value that must be one block."""
    if not isinstance(value, Blocks) or value.rows is None or len(value.blocks) != 1:
        raise UntraceableError(f"{what} is not one block of as many numbers as units, for each row")
    (block,) = value.blocks
    return block


def inputs_of(products: Sequence[Node]) -> list[Node]:
    """The distinct inputs of products, in the order of their first use."""
    return list(dict.fromkeys(product.args[0] for product in products))
