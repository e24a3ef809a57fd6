"""Kernels of any cells, compiled for a test, and what they compute beside the definition under autograd in float64.

Shape letters: T time, B rows, I input, H hidden.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from charlm.cells.cell import Cell
from charlm.cells.unroll import unroll
from charlm.engines import cell_kernel
from charlm.engines.derived_kernel import DerivedKernel
from charlm.graphs.derived import files
from charlm.graphs.stages import plan_kernel
from charlm.graphs.tracing import trace
from charlm.kernels.building import Level, build_one, compiler, levels
from charlm.kernels.choosing import choice

T, B, I = 3, 4, 5  # noqa: E741
WIDTHS = {torch.float32: 64, torch.float64: 20}  # of layers; the second is padded
LOWEST = levels()[0]
FLOAT64 = LOWEST._replace(name="float64", flags=(*LOWEST.flags, "-DCHARLM_FLOAT64"))
needs_compiler = pytest.mark.skipif(compiler() is None, reason="there is no C compiler")


def compiled(cells: Sequence[tuple[Cell, bool]], folder: Path, dtype: torch.dtype) -> list[DerivedKernel]:
    """The kernels of cells, each with whether it reads below, in one library."""
    level: Level = FLOAT64 if dtype == torch.float64 else choice().level or LOWEST
    level = level._replace(flags=(*level.flags, "-O1"))  # quick to compile; the table's kernels are tested with -O3
    path = folder / f"{level.name}.so"
    build_one(files(cells), level, path)
    found = ctypes.CDLL(str(path))
    return [DerivedKernel(plan_kernel(trace(cell, below)), dtype, found) for cell, below in cells]


def difference(kernel: DerivedKernel, cell: Cell, below: bool, seed: int, weights: dict[str, np.ndarray]) -> float:
    """The largest difference from the definition in float64, relative to the largest value of its array or to 1.

    Of outputs, memories, the state after and the gradients of everything that the layer reads.
    """
    H = WIDTHS[kernel.dtype]
    rng = np.random.default_rng(seed)
    arrays = [rng.uniform(-1, 1, (T, B, I)), *(rng.uniform(-1, 1, (B, H)) for _ in cell.STATE._fields)]
    if below:
        arrays.append(rng.uniform(-1, 1, (T, B, H)))

    def results(dtype: torch.dtype, run) -> list[torch.Tensor]:
        x, *rest = read = [torch.tensor(each, dtype=dtype, requires_grad=True) for each in arrays]
        own = {name: torch.tensor(each, dtype=dtype, requires_grad=True) for name, each in weights.items()}
        memory = rest.pop() if below else None
        outputs, memories, after = run(own, x, cell.STATE(*rest), memory)
        made = [outputs, *after]
        if memories is not None:
            made.append(memories if isinstance(memories, torch.Tensor) else torch.stack(tuple(memories)))
        rates = np.random.default_rng(seed)
        loss = sum((each * torch.tensor(rates.uniform(-1, 1, each.shape), dtype=dtype)).sum() for each in made)
        gradients = torch.autograd.grad(loss, [*read, *own.values()], allow_unused=True, materialize_grads=True)
        return [each.detach().double() for each in [*made, *gradients]]

    ours = results(kernel.dtype, lambda own, x, state, memory: cell_kernel.run(kernel, cell, own, x, state, memory))
    theirs = results(torch.float64, lambda own, x, state, memory: unroll(cell, own, x, state, memory))
    return max(
        float((mine - right).abs().max() / right.abs().max().clamp(min=1))
        for mine, right in zip(ours, theirs, strict=True)
    )
