"""Nodes of a graph: element-wise operations on blocks, and products with recurrent weights. Knows no cell.

A block is an array (B, H): one number for each row and unit. A `vector` is (H,), one number for each unit, and a
constant is one number; both are repeated where a block is expected. The arrays of a step are made of such blocks, side
by side. Nodes of equal content are one object, so that nothing is computed twice. Shape letters: B rows, H hidden.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

Key = tuple[str | int | float, ...]

# What an operation is to C and to Python, in terms of its arguments. The derivatives are in derivatives.py.
UNARY: Final = ("negative", "sigmoid", "tanh", "exp", "expm1", "log", "sqrt", "absolute")
COMPARISONS: Final = frozenset({"less", "less_equal"})
BINARY: Final = ("add", "subtract", "multiply", "divide", "less", "less_equal")
NONLINEAR: Final = frozenset(
    {"sigmoid", "tanh", "exp", "expm1", "log", "sqrt", "divide"}
)  # dear enough to keep and not repeat
LEAVES: Final = ("projected", "state", "below", "vector", "constant", "d_output", "d_state", "d_input")


@dataclass(frozen=True, eq=False)
class Node:
    """An operation and its arguments. The key of a leaf says which one it is; a product's names its block of weights.

    Leaves                    key                 value
      projected               (block,)            a block of what `project` gave
      state                   (field,)            a part of the state before the step
      below                   ()                  the memory of the layer below
      vector                  (weight, block)     a block of a weight with one axis
      constant                (number,)           the number
      d_output, d_state       (), (field,)        the gradient of the loss with respect to the output, a part after it
      d_input                 (number,)           that with respect to a product's input, by the products alone
    product                   (weight, row, column)   x W^T for one (H, H) block of a weight
    """

    op: str
    args: tuple[Node, ...] = ()
    key: Key = ()

    def __repr__(self) -> str:
        inside = [*map(repr, self.key), *map(repr, self.args)]
        return f"{self.op}({', '.join(inside)})"


@cache
def _node(op: str, args: tuple[Node, ...], key: Key, _kinds: tuple[type, ...]) -> Node:
    return Node(op, args, key)


def node(op: str, *args: Node, key: Key = ()) -> Node:
    """The one node of that content."""
    return _node(op, args, key, tuple(map(type, key)))


def constant(value: float) -> Node:
    return node("constant", key=(float(value),))


ZERO, ONE = constant(0), constant(1)


def is_constant(x: Node, value: float) -> bool:
    return x.op == "constant" and x.key[0] == value


def add(x: Node, y: Node) -> Node:
    if is_constant(x, 0):
        return y
    return x if is_constant(y, 0) else node("add", x, y)


def subtract(x: Node, y: Node) -> Node:
    if is_constant(y, 0):
        return x
    return negative(y) if is_constant(x, 0) else node("subtract", x, y)


def multiply(x: Node, y: Node) -> Node:
    """0 times anything is 0: a gradient that is not there must not become nan."""
    if is_constant(x, 0) or is_constant(y, 1):
        return x
    return y if is_constant(x, 1) or is_constant(y, 0) else node("multiply", x, y)


def negative(x: Node) -> Node:
    return ZERO if is_constant(x, 0) else node("negative", x)


@cache
def has_rows(x: Node) -> bool:
    """Whether a node has a number for each row. The others are computed from vectors and constants alone."""
    return any(map(has_rows, x.args)) if x.args else x.op not in ("vector", "constant")


def total(nodes: Iterable[Node]) -> Node:
    """The sum of nodes."""
    sum_ = ZERO
    for each in nodes:
        sum_ = add(sum_, each)
    return sum_


def ordered(roots: Iterable[Node], stop: Callable[[Node], bool] = lambda node: False) -> Iterator[Node]:
    """Every node that the roots need, once, each after its arguments; those for which `stop` holds without theirs."""
    done: set[Node] = set()
    for root in roots:
        waiting = [root]
        while waiting:
            now = waiting[-1]
            missing = [] if now in done or stop(now) else [each for each in now.args if each not in done]
            if missing:
                waiting += reversed(missing)
                continue
            waiting.pop()
            if now not in done:
                done.add(now)
                yield now
