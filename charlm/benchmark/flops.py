"""The matrix products that a model needs, by shape. Knows no clock and no device.

The input product of the lowest layer counts as nothing: its input is one of V rows, so all results fit in a table. What
is not a matrix product counts as nothing too. Shape letters: T time, B rows, V symbols, M sums of a layer, I inputs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from charlm.config.settings import ModelSettings
from charlm.model.block import build_blocks
from charlm.model.parameters import parameter_shapes
from charlm.model.stack import build_layers


@dataclass(frozen=True)
class Product:
    """(rows, inner) x (inner, columns), repeated so many times."""

    rows: int
    inner: int
    columns: int
    times: int = 1

    @property
    def flops(self) -> int:
        return 2 * self.rows * self.inner * self.columns * self.times


def count_flops(products: Iterable[Product]) -> int:
    """Floating-point operations of all the products."""
    return sum(product.flops for product in products)


def forward_products(model_settings: ModelSettings, vocab_size: int, batch_size: int, seq_len: int) -> list[Product]:
    """The products of the forward pass over a window (T, B).

    What a layer reads of its own state is multiplied step by step; what it reads from below, for all steps at once.
    """
    return [
        Product(batch_size, inner, sums, seq_len) if of_state else Product(seq_len * batch_size, inner, sums)
        for sums, inner, of_state in _matrices(model_settings, vocab_size)
    ]


def update_products(model_settings: ModelSettings, vocab_size: int, batch_size: int, seq_len: int) -> list[Product]:
    """The products of forward and backward: each product has a gradient by its input and one by its matrix."""
    forward = forward_products(model_settings, vocab_size, batch_size, seq_len)
    by_input = [Product(each.rows, each.columns, each.inner, each.times) for each in forward]
    # The gradient by a matrix is summed over all steps in one product.
    by_matrix = [Product(sums, seq_len * batch_size, inner) for sums, inner, _ in _matrices(model_settings, vocab_size)]
    return forward + by_input + by_matrix


def count_weights_read(model_settings: ModelSettings, vocab_size: int) -> int:
    """Weights that must be read from memory for one character of one stream: all but the rows of other characters."""
    named = parameter_shapes(model_settings, vocab_size)
    matrices = sum(sums * inner for sums, inner, _ in _matrices(model_settings, vocab_size))
    vectors = sum(shape[0] for shape in named.values() if len(shape) == 1)
    row = sum(shape[0] for name, shape in named.items() if name.endswith("weight_ih_l0"))
    return matrices + vectors + row


def _matrices(model_settings: ModelSettings, vocab_size: int) -> Iterator[tuple[int, int, bool]]:
    """(M, I) of each matrix, and whether it multiplies a state, so that there is a product for every step."""
    stack, blocks = build_layers(model_settings), build_blocks(model_settings)
    reads_vectors = bool(blocks and blocks[0].conv)  # the lowest cell then, too: sums over several symbols
    for number, layer in enumerate(stack):
        for name, shape in layer.cell.shapes(layer.input_size, layer.hidden_size, layer.reads_below).items():
            of_state = not name.startswith("weight_ih")
            if len(shape) == 2 and (number or of_state or reads_vectors):
                yield shape[0], shape[1], of_state
    for number, block in enumerate(blocks):
        for name, shape in block.shapes().items():
            if len(shape) == 2 and name != "conv" and (number or name != "in"):
                yield shape[0], shape[1], False
    yield vocab_size, stack[-1].hidden_size, False
