"""Operations on constants alone, computed when a step is traced: 0 * h + 1 is a way to write ones. Knows no cell."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable

from charlm.graphs.nodes import Node, constant
from charlm.graphs.refusing import UntraceableError

FUNCTIONS: dict[str, Callable[..., float]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "negative": operator.neg,
    "sigmoid": lambda x: 0.5 * math.tanh(0.5 * x) + 0.5,
    "tanh": math.tanh,
    "exp": math.exp,
    "log": math.log,
    "sqrt": math.sqrt,
    "absolute": abs,
}


def fold(x: Node) -> Node:
    """A constant for an operation on constants; other nodes as they are."""
    if not x.args or any(each.op != "constant" for each in x.args):
        return x
    values = [float(each.key[0]) for each in x.args]
    try:
        return constant(FUNCTIONS[x.op](*values))
    except (KeyError, ArithmeticError, ValueError) as error:
        raise UntraceableError(f"{x.op} of the constants {', '.join(map(str, values))}") from error
