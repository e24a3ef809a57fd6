"""The matrix products that a model cannot do without, by shape. Knows no clock and no device.

What the lowest layer reads is one of V rows, so its input product is a table, and counts as nothing; what is not a
product of matrices counts as nothing too. Shape letters: T time, B rows, V symbols, H hidden, M sums of a layer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from charlm.config.settings import ModelSettings
from charlm.model.parameters import parameter_shapes
from charlm.model.stack import build_layers


@dataclass(frozen=True)
class Product:
    """(rows, inner) x (inner, columns), so many times over."""

    rows: int
    inner: int
    columns: int
    times: int = 1

    @property
    def flops(self) -> int:
        return 2 * self.rows * self.inner * self.columns * self.times


def flops(products: Iterable[Product]) -> int:
    return sum(product.flops for product in products)


def of_forward(model: ModelSettings, vocab_size: int, batch_size: int, seq_len: int) -> list[Product]:
    """Those of reading a window (T, B): by step what a layer reads of itself, at once what it reads from below."""
    return [
        Product(batch_size, inner, sums, seq_len) if of_state else Product(seq_len * batch_size, inner, sums)
        for sums, inner, of_state in _matrices(model, vocab_size)
    ]


def of_update(model: ModelSettings, vocab_size: int, batch_size: int, seq_len: int) -> list[Product]:
    """Those of reading it and of going back: for each product that by its input, and that by its matrix."""
    there = of_forward(model, vocab_size, batch_size, seq_len)
    back = [Product(each.rows, each.columns, each.inner, each.times) for each in there]
    # The gradient by a matrix is summed over all steps in one product.
    by_matrix = [Product(sums, seq_len * batch_size, inner) for sums, inner, _ in _matrices(model, vocab_size)]
    return there + back + by_matrix


def streamed_weights(model: ModelSettings, vocab_size: int) -> int:
    """What must be read from memory for one character of one stream: all weights but the rows of other characters."""
    named = parameter_shapes(model, vocab_size)
    matrices = sum(sums * inner for sums, inner, _ in _matrices(model, vocab_size))
    vectors = sum(shape[0] for shape in named.values() if len(shape) == 1)
    row = sum(shape[0] for name, shape in named.items() if name.endswith("weight_ih_l0"))
    return matrices + vectors + row


def _matrices(model: ModelSettings, vocab_size: int) -> Iterator[tuple[int, int, bool]]:
    """(M, I) of each matrix that is multiplied with, and whether it reads a state, and so is needed at each step."""
    stack = build_layers(model)
    for number, layer in enumerate(stack):
        for name, shape in layer.cell.shapes(layer.input_size, layer.hidden_size, layer.reads_below).items():
            of_state = not name.startswith("weight_ih")
            if len(shape) == 2 and (number or of_state):
                yield shape[0], shape[1], of_state
    yield vocab_size, stack[-1].hidden_size, False
