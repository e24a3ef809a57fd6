"""Time steps as few kernels: what a cell does element by element between two products, compiled into one.

torch's inductor writes the kernel, for CUDA in Triton, from the cell's own `step` and `step_backward`.
Only one step is compiled, never the loop over time, which would be unrolled and take minutes. Knows no training.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from functools import cache
from typing import Any, TypeVar, cast

import torch

from charlm.cells.cell import Weights
from charlm.cells.gradients import CellWithBackward
from charlm.cells.unroll import Memories
from charlm.model.stack import Layer, Recurrence

Steps = TypeVar("Steps", bound=Callable[..., Any])
Compiler = Callable[[Steps], Steps]


def inductor(function: Steps) -> Steps:
    """torch.compile for shapes that do not change. It compiles when the function is first called."""
    return cast(Steps, torch.compile(function, dynamic=False))


def compiled(cell: CellWithBackward, compiler: Compiler[Any] = inductor) -> CellWithBackward:
    """The same cell, of a class whose step and its way back are compiled."""
    return _class(type(cell), compiler)(**asdict(cell))


@cache  # of one class torch remembers what it compiled; of another one it would begin again
def _class(kind: type[CellWithBackward], compiler: Compiler[Any]) -> type[CellWithBackward]:
    steps = {"step": compiler(kind.step), "step_backward": compiler(kind.step_backward), "__module__": kind.__module__}
    return type(kind.__name__, (kind,), steps)


def with_compiled_steps(recurrence: Recurrence, compiler: Compiler[Any] = inductor) -> Recurrence:
    """A way of running layers that gives those with a way back of their own compiled steps."""

    def run(layer: Layer, weights: Weights, x: Any, state: Any, below: Memories) -> tuple[Any, Memories, Any]:
        if isinstance(layer.cell, CellWithBackward):
            layer = replace(layer, cell=compiled(layer.cell, compiler))
        return recurrence(layer, weights, x, state, below)

    return run
