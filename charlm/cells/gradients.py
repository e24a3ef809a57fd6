"""Cells that give their own derivatives, in the three parts that engines/scan.py puts together. Knows no torch.

`d_x` is the gradient of the loss with respect to x. The inner sums are the arguments of a step's nonlinearities, before
sigma and tanh. Shape letters: T time, B rows, H hidden, K projected, M inner sums, N inputs of a matrix.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from charlm.cells.arrays import Array
from charlm.cells.cell import Cell, Weights


class Trace(NamedTuple):
    """What the steps of a sequence read and computed, for all steps: arrays (T, B, ...)."""

    projected: Array
    below: Array | None
    before: Any  # the states that the steps read
    after: Any  # the states that they computed
    inner: Mapping[str, Array]

    def between(self, start: int, end: int) -> Trace:
        """The steps from `start` up to `end`, which is not included."""
        part = slice(start, end)
        return Trace(
            self.projected[part],
            None if self.below is None else self.below[part],
            type(self.before)(*(each[part] for each in self.before)),
            type(self.after)(*(each[part] for each in self.after)),
            {name: each[part] for name, each in self.inner.items()},
        )


class Gradients(NamedTuple):
    """With respect to what a sequence reads besides its first state: the projected inputs (T, B, K), the weights that
    `step` reads, by name, and the memories below (T, B, H)."""

    projected: Array
    weights: Mapping[str, Array]
    below: Array | None = None


@dataclass(frozen=True)
class CellWithBackward(Cell):
    """A cell with a backward pass of its own. Only `step_backward` runs once for each time step."""

    @abstractmethod
    def local_derivatives(self, weights: Weights, trace: Trace) -> tuple[Array, ...]:
        """Before the loop: derivatives (T, B, ...) within each step, which depend on neither d_output nor d_state."""

    @abstractmethod
    def step_backward(
        self, weights: Weights, local: Sequence[Array], d_output: Array, d_state: Any
    ) -> tuple[Array, Any]:
        """In the loop: local derivatives of a step, d_output, d_state after it -> d_sums (B, M), d_state before it."""

    @abstractmethod
    def weight_gradients(self, weights: Weights, trace: Trace, d_sums: Array) -> Gradients:
        """After the loop: from d_sums (T, B, M) of all steps to the gradients that the sequence is asked for."""


def vector_gradient(d_sums: Array, weight: Array) -> Array:
    """The gradient with respect to x in sums = x W^T: d_sums (..., M), W (M, N) -> (..., N), in the dtype of W."""
    return d_sums.to(weight.dtype) @ weight


def matrix_gradient(d_sums: Array, x: Array, weight: Array) -> Array:
    """The gradient with respect to W in sums = x W^T over all steps and rows: (T, B, M), (T, B, N) -> (M, N).

    It is computed in the dtype of W.
    """
    return d_sums.flatten(0, 1).to(weight.dtype).T @ x.flatten(0, 1).to(weight.dtype)
