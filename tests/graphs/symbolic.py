"""Symbolic arrays for tests: x and y are blocks, v is a vector, `wide` has two blocks."""

from __future__ import annotations

from charlm.graphs.arrays import Blocks, Matrix
from charlm.graphs.nodes import node

B, H = 5, 16
X, Y, V = node("state", key=("x",)), node("state", key=("y",)), node("vector", key=("v", 0))


def blocks(*nodes, rows=B):
    return Blocks(nodes, rows, H)


def matrix(name, rows, columns):
    return Matrix(tuple(tuple((name, row, column) for column in range(columns)) for row in range(rows)), H)


x, y, v = blocks(X), blocks(Y), blocks(V, rows=None)
wide = blocks(X, Y)
