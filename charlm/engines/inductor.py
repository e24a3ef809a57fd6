"""Time steps in few kernels: the element-wise work of a cell between two matrix products, compiled into one kernel.

torch's inductor generates the kernel, on CUDA in Triton, from the functions of a scan (engines/scan_functions.py). Only
one step is compiled and never the loop over time, which would be unrolled and take minutes. Knows no training.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch

from charlm.engines.scan_functions import Compiler
from charlm.model.stack import Recurrence


def inductor(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function compiled by torch for shapes that do not change. Its first call compiles it."""
    return torch.compile(function, dynamic=False)


def with_compiled_steps(recurrence: Callable[..., Any], compiler: Compiler = inductor) -> Recurrence:
    """The recurrence with the steps of its scans compiled. It takes a compiler by that name, as `run_with_torch` does.

    The steps of a layer that runs as its definition are not compiled.
    """
    return partial(recurrence, compiler=compiler)
