"""The compiled functions of one cell's derived kernel, in one number type, and what they are given. Knows no autograd.

Shape letters: T time, B rows, H hidden, V symbols; P products that read one input, K blocks of projected.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

import torch
from torch import Tensor

from charlm.cells.cell import Cell, Weights
from charlm.engines.kernel_arrays import ArrayType
from charlm.engines.own_library import library_for
from charlm.engines.window_arrays import WindowWeights, run_on_team, takes_width, width_of
from charlm.graphs.derived import kernel_name
from charlm.graphs.stages import KernelPlan, plan_of_cell
from charlm.kernels import Gathering, Window, library
from charlm.kernels.threads import TeamSize


@cache
def openmp_parallel() -> Any:
    """The function of torch's OpenMP that runs work on all its threads; None if it is not found."""
    return getattr(ctypes.CDLL(None), "GOMP_parallel", None)


def dtype_for(x: Tensor) -> torch.dtype | None:
    """The dtype in which the kernel would compute with x, in the autocast that is on; None if it cannot."""
    compiled = library()
    if compiled is None or x.device.type != "cpu" or x.dtype not in (torch.float32, torch.bfloat16):
        return None
    if torch.get_num_threads() > 1 and openmp_parallel() is None:
        return None
    if torch.is_autocast_enabled("cpu"):
        narrow = torch.get_autocast_dtype("cpu") == torch.bfloat16 and hasattr(compiled, "cell_pack_bf16")
        return torch.bfloat16 if narrow else None
    return x.dtype if x.dtype == torch.float32 else None


def kernel_for(cell: Cell, below: bool, like: Tensor) -> DerivedKernel | None:
    """The kernel for tensors like this one, in the autocast that is on; None if none is compiled for the cell here.

    A cell in a file of the user's, or with rare options, is compiled when it is first asked for.
    """
    dtype = dtype_for(like)
    return None if dtype is None else _kernel(cell, below, dtype, library())


@cache
def _kernel(cell: Cell, below: bool, dtype: torch.dtype, found: ctypes.CDLL | None) -> DerivedKernel | None:
    plan = plan_of_cell(cell, below)
    if plan is None:
        return None
    ending = "bf16" if dtype == torch.bfloat16 else "fp32"
    name = f"{kernel_name(plan.graph)}_forward_rows_{ending}"
    if found is not None and not hasattr(found, name):
        found = library_for(cell, below)
    return DerivedKernel(plan, dtype, found) if found is not None and hasattr(found, name) else None


class DerivedKernel:
    """The functions of a plan in a compiled library."""

    def __init__(self, plan: KernelPlan, dtype: torch.dtype, found: ctypes.CDLL) -> None:
        self.plan, self.dtype, self._library = plan, dtype, found
        self.sums = sums = torch.float64 if dtype == torch.float64 else torch.float32  # of sums; float64 in tests
        self.arrays = ArrayType(
            products=lambda shape: torch.empty(shape, dtype=dtype),
            sums=lambda shape: torch.empty(shape, dtype=sums),
            address=Tensor.data_ptr,
            same=dtype == sums,
        )
        self._ending = "bf16" if dtype == torch.bfloat16 else "fp32"
        self._name = kernel_name(plan.graph)
        self._step = int(found.vector_width())
        self._team = TeamSize()

    def padded(self, units: int) -> int:
        """The width to which a layer of that many units is filled up."""
        return width_of(self.plan, units, self._step)

    def takes(self, units: int) -> bool:
        """Whether a layer may have that many units."""
        return takes_width(self.plan, units)

    def weights(self, weights: Weights) -> list[Tensor]:
        """The weights that the step reads, in the order of the graph."""
        return [weights[name] for name in self.plan.graph.shapes]

    def pack(self, weights: WindowWeights, backward: bool) -> list[tuple[Tensor, Tensor | None]]:
        """The matrices as the kernel reads them, for both directions."""
        return weights.pack(backward, lambda job: self._run("cell_pack", job))

    def call(self, direction: str, window: Window) -> None:
        """Run a window in a direction, forward or backward."""
        units = getattr(self._library, f"{self._name}_{direction}_units_{self._ending}")
        if not run_on_team(units, window, self.plan, self._team, torch.get_num_threads()):
            self._run(f"{self._name}_{direction}_rows", window)

    def gather(self, rows: Tensor, ids: Tensor, symbols: int) -> Tensor:
        """Gradients (T B, K H) of what was looked up by ids (T, B), added up for each symbol: (V, K H), float32."""
        totals = torch.zeros(symbols, rows.shape[1], dtype=self.sums)
        job = Gathering(rows.data_ptr(), ids.data_ptr(), totals.data_ptr(), *rows.shape, rows.stride(0))
        self._run("gather", job)
        return totals

    def _run(self, name: str, job: ctypes.Structure) -> None:
        threads = torch.get_num_threads()
        function = getattr(self._library, f"{name}_{self._ending}")
        function(ctypes.byref(job), openmp_parallel() if threads > 1 else None, threads)
