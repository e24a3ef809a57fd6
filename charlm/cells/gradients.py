"""What a cell has that knows its own gradients: the pieces that scan.py puts together. Knows no torch.

Shape letters: T time, B rows, H hidden, K projected, M inner sums.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from charlm.cells.arrays import Array
from charlm.cells.cell import Cell, Weights


class Trace(NamedTuple):
    """What the steps of a sequence read and made, all steps at once: (T, B, ...) each."""

    projected: Array
    below: Array | None
    before: Any  # the states that the steps read
    after: Any  # the states that they made
    inner: Mapping[str, Array]

    def between(self, start: int, end: int) -> Trace:
        """The steps from start up to end."""
        part = slice(start, end)
        return Trace(
            self.projected[part],
            None if self.below is None else self.below[part],
            type(self.before)(*(each[part] for each in self.before)),
            type(self.after)(*(each[part] for each in self.after)),
            {name: each[part] for name, each in self.inner.items()},
        )


class Gradients(NamedTuple):
    """By all that is not state: `projected` (T, B, K), the weights by name, and the memory below (T, B, H)."""

    projected: Array
    weights: Mapping[str, Array]
    below: Array | None = None


@dataclass(frozen=True)
class CellWithBackward(Cell):
    """A cell with a way back, in three parts. What does not depend on the arriving gradient is not in the loop."""

    @abstractmethod
    def local_derivatives(self, weights: Weights, trace: Trace) -> tuple[Array, ...]:
        """Before the loop: the derivatives of what steps make by what they read, (T, B, ...) each."""

    @abstractmethod
    def step_backward(
        self, weights: Weights, local: Sequence[Array], d_output: Array, d_state: Any
    ) -> tuple[Array, Any]:
        """In the loop: the gradients by a step's output and new state -> by its inner sums (B, M) and its old state."""

    @abstractmethod
    def weight_gradients(self, weights: Weights, trace: Trace, d_sums: Array) -> Gradients:
        """After the loop: from the gradients by the inner sums of all steps (T, B, M) to those by what was given."""


def through_matrix(d_sums: Array, weight: Array) -> Array:
    """The gradient by what a matrix (M, N) was multiplied with: (..., M) -> (..., N), in the matrix's precision."""
    return d_sums.to(weight.dtype) @ weight


def matrix_gradient(d_sums: Array, x: Array, weight: Array) -> Array:
    """The gradient by a matrix (M, N) that made sums (T, B, M) of x (T, B, N), over all steps and rows, likewise."""
    return d_sums.flatten(0, 1).to(weight.dtype).T @ x.flatten(0, 1).to(weight.dtype)
