"""The gradients of a step's weights, after the loop: one product over all steps for each input that products read.

Shape letters: T time, B rows, H hidden, M columns (graphs/layout.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

from charlm.graphs.adjoints import StepGradient
from charlm.graphs.layout import column_numbers, matrix_block, projected_columns, readings


def projected_gradient(gradient: StepGradient, columns: Tensor) -> Tensor:
    """Columns of all steps (T, B, M H) -> the gradient with respect to the projected input (T, B, K)."""
    return chosen(columns, projected_columns(gradient), _width(gradient, columns))


def weight_gradients(
    gradient: StepGradient, columns: Tensor, shapes: Sequence[torch.Size], units: int,
    sources: Sequence[Tensor], factors: Sequence[Tensor | float], product_dtype: torch.dtype, dtype: torch.dtype,
) -> list[Tensor | None]:  # fmt: skip
    """The gradient of each weight of the step, of these shapes; None for a weight that is not learned.

    `sources` (T, B, H) are what products read, `factors` those of the vectors; of H units the first `units` are the
    layer's. Products are computed in `product_dtype`, and the results are of the other.
    """
    graph, width = gradient.graph, _width(gradient, columns)
    names = zip(graph.shapes, shapes, strict=True)
    found = {name: torch.zeros(shape, dtype=dtype, device=columns.device) for name, shape in names}
    for reading, source in zip(readings(gradient), sources, strict=True):
        own = chosen(columns, reading.columns, width).flatten(0, 1).to(product_dtype)
        by_block = torch.split((own.T @ source.flatten(0, 1).to(product_dtype)).to(dtype), width)
        for entry, block in zip(reading.entries, by_block, strict=True):
            part = matrix_block(found, entry, units)
            part += block[:units, :units]
    for term, factor in zip(gradient.vectors, factors, strict=True):
        column = chosen(columns, [column_numbers(gradient)[term.column]], width)
        total = (column if isinstance(factor, float) and factor == 1 else column * factor).sum((0, 1), dtype=dtype)
        found[term.name][term.block * units : (term.block + 1) * units] += total[:units]
    return [None if name in graph.fixed else each for name, each in found.items()]


def vector_gradients(
    gradient: StepGradient, sums: Tensor, shapes: Sequence[torch.Size], units: int
) -> list[Tensor | None]:
    """The same for a step without products: from the sums of the vectors' terms (terms, H), in their order."""
    graph = gradient.graph
    found = {name: sums.new_zeros(shape) for name, shape in zip(graph.shapes, shapes, strict=True)}
    for term, total in zip(gradient.vectors, sums, strict=False):
        found[term.name][term.block * units : (term.block + 1) * units] += total[:units]
    return [None if name in graph.fixed else each for name, each in found.items()]


def chosen(columns: Tensor, numbers: Sequence[int], width: int) -> Tensor:
    """Some of the columns (..., M H), side by side in that order; a view if they stand so."""
    if all(right == left + 1 for left, right in pairwise(numbers)):
        return columns[..., numbers[0] * width : (numbers[-1] + 1) * width]
    return torch.cat([columns[..., number * width : (number + 1) * width] for number in numbers], -1)


def _width(gradient: StepGradient, columns: Tensor) -> int:
    return columns.shape[-1] // len(column_numbers(gradient))
