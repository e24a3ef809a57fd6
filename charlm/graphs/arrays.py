"""Symbolic arrays: what `step` is given in the place of numbers, and the only operations that a graph can hold.

Knows no cell. Shape letters: B rows, H hidden.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

from charlm.graphs import nodes
from charlm.graphs.folding import fold
from charlm.graphs.nodes import COMPARISONS, Node, constant, has_rows, node
from charlm.graphs.refusing import Symbolic, UntraceableError

Entry = tuple[str, int, int]  # a block of a weight: its name, row and column


class Blocks(Symbolic):
    """Blocks side by side: an array (B, n H) if it has rows, else a vector (n H,)."""

    def __init__(self, blocks: tuple[Node, ...], rows: int | None, width: int) -> None:
        self.blocks, self.rows, self.width = blocks, rows, width

    @property
    def shape(self) -> tuple[int, ...]:
        size = len(self.blocks) * self.width
        return (size,) if self.rows is None else (self.rows, size)

    def __getitem__(self, index: Any) -> Blocks:
        """Slices of the last axis, from and to the edges of blocks."""
        *before, last = index if isinstance(index, tuple) else (index,)
        plain = all(each is Ellipsis or each == slice(None) for each in before) and len(before) < len(self.shape) + 1
        if not plain or (self.rows is not None and not before) or not isinstance(last, slice):
            raise UntraceableError(f"the index {index!r}")
        return Blocks(self.blocks[_whole_blocks(last, len(self.blocks), self.width)], self.rows, self.width)

    def __matmul__(self, weight: object) -> Blocks:
        if not isinstance(weight, Matrix) or self.rows is None:
            raise UntraceableError("a product with something else than a weight")
        if not weight.transposed:
            raise UntraceableError("a product with a weight that is not transposed (x @ W.T)")
        if len(weight.entries[0]) != len(self.blocks):
            raise UntraceableError("a product with a weight of another width")
        if not all(map(has_rows, self.blocks)):
            raise UntraceableError("a product of what is the same for all rows")
        made = tuple(
            nodes.total(node("product", x, key=entry) for x, entry in zip(self.blocks, row, strict=True))
            for row in weight.entries
        )
        return Blocks(made, self.rows, self.width)

    def _each(self, op: Callable[..., Node], *others: Any) -> Blocks:
        """An operation on every block, and the same block of other arrays, or a number."""
        columns, rows = self._beside(*others)
        if any(each.op in COMPARISONS for column in columns for each in column):
            raise UntraceableError("an operation on a comparison, other than where")
        return Blocks(tuple(fold(op(*each)) for each in zip(*columns, strict=True)), rows, self.width)

    def _beside(self, *others: Any) -> tuple[list[tuple[Node, ...]], int | None]:
        """The blocks of this array and of others, repeated for a number; and how many rows an operation on them has."""
        rows, count = self.rows, len(self.blocks)
        columns = [self.blocks]
        for other in others:
            if isinstance(other, Blocks):
                if len(other.blocks) != count:
                    raise UntraceableError(f"an operation on {count} and {len(other.blocks)} blocks")
                rows = other.rows if rows is None else rows
                columns.append(other.blocks)
            elif isinstance(other, int | float) or getattr(other, "shape", None) == ():
                columns.append((constant(float(other)),) * count)
            else:
                raise UntraceableError(f"an operation with a {type(other).__name__}")
        return columns, rows

    def __add__(self, other: Any) -> Blocks:
        return self._each(nodes.add, other)

    def __sub__(self, other: Any) -> Blocks:
        return self._each(nodes.subtract, other)

    def __rsub__(self, other: Any) -> Blocks:
        return self._each(lambda x, y: nodes.subtract(y, x), other)

    def __mul__(self, other: Any) -> Blocks:
        return self._each(nodes.multiply, other)

    def __truediv__(self, other: Any) -> Blocks:
        return self._each(lambda x, y: node("divide", x, y), other)

    def __rtruediv__(self, other: Any) -> Blocks:
        return self._each(lambda x, y: node("divide", y, x), other)

    def __pow__(self, power: Any) -> Blocks:
        if power != 2:
            raise UntraceableError(f"the power {power!r}")
        return self * self

    def __neg__(self) -> Blocks:
        return self._each(nodes.negative)

    def __lt__(self, other: Any) -> Blocks:
        return self._each(lambda x, y: node("less", x, y), other)

    def __gt__(self, other: Any) -> Blocks:
        return self._each(lambda x, y: node("less", y, x), other)

    def __le__(self, other: Any) -> Blocks:
        return self._each(lambda x, y: node("less_equal", x, y), other)

    def __ge__(self, other: Any) -> Blocks:
        return self._each(lambda x, y: node("less_equal", y, x), other)

    __radd__, __rmul__ = __add__, __mul__

    def sigmoid(self) -> Blocks:
        return self._each(lambda x: node("sigmoid", x))

    def tanh(self) -> Blocks:
        return self._each(lambda x: node("tanh", x))

    def exp(self) -> Blocks:
        return self._each(lambda x: node("exp", x))

    def expm1(self) -> Blocks:
        return self._each(lambda x: node("expm1", x))

    def log(self) -> Blocks:
        return self._each(lambda x: node("log", x))

    def sqrt(self) -> Blocks:
        return self._each(lambda x: node("sqrt", x))

    def abs(self) -> Blocks:
        return self._each(lambda x: node("absolute", x))

    def where(self, condition: Any, otherwise: Any) -> Blocks:
        columns, rows = self._beside(otherwise, condition)
        if any(each.op not in COMPARISONS for each in columns[2]):
            raise UntraceableError("where with a condition that is no comparison")
        if any(each.op in COMPARISONS for column in columns[:2] for each in column):
            raise UntraceableError("where with a comparison as a value")
        made = tuple(node("where", held, x, y) for x, y, held in zip(*columns, strict=True))
        return Blocks(made, rows, self.width)


class Matrix(Symbolic):
    """A weight (m H, n H) as a table of blocks; rows of several weights may be joined."""

    def __init__(self, entries: tuple[tuple[Entry, ...], ...], width: int, transposed: bool = False) -> None:
        self.entries, self.width, self.transposed = entries, width, transposed

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.entries) * self.width, len(self.entries[0]) * self.width

    @property
    def T(self) -> Matrix:
        return Matrix(self.entries, self.width, not self.transposed)

    def __getitem__(self, index: Any) -> Matrix:
        rows, columns = index if isinstance(index, tuple) and len(index) == 2 else (index, slice(None))
        if self.transposed or not isinstance(rows, slice) or not isinstance(columns, slice):
            raise UntraceableError(f"the index {index!r} of a weight")
        chosen = self.entries[_whole_blocks(rows, len(self.entries), self.width)]
        part = _whole_blocks(columns, len(self.entries[0]), self.width)
        return Matrix(tuple(row[part] for row in chosen), self.width)


def _whole_blocks(part: slice, count: int, width: int) -> slice:
    """A slice of numbers as a slice of blocks."""
    start, end, step = part.indices(count * width)
    if step != 1 or start % width or end % width or end <= start:
        raise UntraceableError(f"a slice from {start} to {end} of blocks of {width}")
    return slice(start // width, end // width)


def _joined(arrays: Sequence[Any], axis: int) -> Any:
    """`torch.cat` for symbolic arrays."""
    first = arrays[0]
    if all(isinstance(each, Blocks) for each in arrays) and axis in (-1, len(first.shape) - 1):
        return Blocks(tuple(block for each in arrays for block in each.blocks), first.rows, first.width)
    if all(isinstance(each, Matrix) and not each.transposed for each in arrays) and axis == 0:
        return Matrix(tuple(row for each in arrays for row in each.entries), first.width)
    raise UntraceableError("to join these arrays")


Blocks.MODULE = Matrix.MODULE = SimpleNamespace(cat=_joined)
