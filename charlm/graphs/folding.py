"""Operations on constants alone, computed when a step is traced: 0 * h + 1 is a way to write ones. Knows no cell."""

from __future__ import annotations

import numpy as np

from charlm.graphs.nodes import Node, constant
from charlm.graphs.numbers import FUNCTIONS
from charlm.graphs.refusing import UntraceableError


def fold(x: Node) -> Node:
    """A constant for an operation on constants, and a choice by a constant; other nodes as they are."""
    if x.op == "where" and x.args[0].op == "constant":
        return x.args[1] if x.args[0].key[0] else x.args[2]
    if not x.args or any(each.op != "constant" for each in x.args):
        return x
    values = [np.float64(each.key[0]) for each in x.args]
    try:
        with np.errstate(divide="raise", over="raise", invalid="raise"):
            return constant(float(FUNCTIONS[x.op](*values)))
    except FloatingPointError as error:
        raise UntraceableError(f"{x.op} of the constants {', '.join(map(str, values))}") from error
