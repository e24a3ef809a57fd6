"""Time steps in few kernels: the element-wise work of a cell between two matrix products, compiled into one kernel.

torch's inductor generates the kernel, on CUDA in Triton, from the cell's own `step` and `step_backward`. Only one step
is compiled and never the loop over time, which would be unrolled and take minutes. Knows no training.
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

Function = TypeVar("Function", bound=Callable[..., Any])
Compiler = Callable[[Function], Function]


def inductor(function: Function) -> Function:
    """The function compiled by torch for shapes that do not change. Its first call compiles it."""
    return cast(Function, torch.compile(function, dynamic=False))


def with_compiled_step(cell: CellWithBackward, compiler: Compiler[Any] = inductor) -> CellWithBackward:
    """The same cell, of a subclass with a compiled `step` and `step_backward`."""
    return _compiled_subclass(type(cell), compiler)(**asdict(cell))


@cache  # torch keeps compiled code with the function that it compiled; a second subclass would compile it again
def _compiled_subclass(cell_class: type[CellWithBackward], compiler: Compiler[Any]) -> type[CellWithBackward]:
    members = {
        "step": compiler(cell_class.step),
        "step_backward": compiler(cell_class.step_backward),
        "__module__": cell_class.__module__,
    }
    return type(cell_class.__name__, (cell_class,), members)


def with_compiled_steps(recurrence: Recurrence, compiler: Compiler[Any] = inductor) -> Recurrence:
    """The recurrence, with the steps compiled of those cells that have a backward pass of their own."""

    def run(layer: Layer, weights: Weights, x: Any, state: Any, below: Memories) -> tuple[Any, Memories, Any]:
        if isinstance(layer.cell, CellWithBackward):
            layer = replace(layer, cell=with_compiled_step(layer.cell, compiler))
        return recurrence(layer, weights, x, state, below)

    return run
