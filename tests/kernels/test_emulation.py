"""The kernels of ARM, compiled by a cross compiler and run by an emulator, give what the equations give.

On Debian both come with the packages gcc-aarch64-linux-gnu and qemu-user.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from charlm.kernels.building import ARM, FLAGS, HERE, Level

COMPILER = shutil.which("aarch64-linux-gnu-gcc")
EMULATOR = shutil.which("qemu-aarch64") or shutil.which("qemu-aarch64-static")
NUMBERS = [(level, "fp32") for level in ARM] + [(level, "bf16") for level in ARM if "bf16" in level.name]
CLOSE = {"fp32": 1e-5, "bf16": 3e-2}  # of the largest number in an array
V = 32  # symbols: a multiple of 4 vectors

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(COMPILER is None, reason="needs a cross compiler, aarch64-linux-gnu-gcc"),
    pytest.mark.skipif(EMULATOR is None, reason="needs an emulator, qemu-aarch64"),
]


@pytest.fixture(scope="module", params=NUMBERS, ids=lambda each: f"{each[0].name}-{each[1]}")
def program(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """emulated.c with the kernels of a level in it; the number types of its window and of its stack."""
    level: Level
    level, window = request.param
    path = tmp_path_factory.mktemp("arm") / level.name
    flags = [f"-DTYPE={window}", *(flag for flag in FLAGS if flag != "-shared"), *level.flags, "-static"]
    flags += ["-Wall", "-Wextra", "-Werror", "-Wno-unused-function", f"-I{HERE}"]
    source = str(Path(__file__).parent / "emulated.c")
    subprocess.run([str(COMPILER), *flags, source, "-lm", "-o", str(path)], check=True)
    return path, window, "bf16" if "bf16" in level.name else "fp32"


def step(sums: Tensor, weights: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    """The equations of the LSTM."""
    i, f, g, o = (sums + h @ weights.T).chunk(4, -1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


@pytest.mark.parametrize(("T", "B", "H"), [(1, 1, 64), (4, 2, 64), (3, 3, 128), (2, 5, 64), (5, 7, 64), (2, 13, 64)])
def test_results_on_arm_are_those_of_the_equations(program: tuple[Path, str, str], T: int, B: int, H: int) -> None:
    path, window_type, stack_type = program
    processor = "max" if "bf16" in path.name else "cortex-a53"  # an old one: a newer instruction would be illegal
    shapes = {
        "weights": (4 * H, H),
        "sums": (T, B, 4 * H),
        "h": (B, H),
        "c": (B, H),
        "d_out": (T, B, H),
        "d_h": (B, H),
        "d_c": (B, H),
        "symbols": (V, 4 * H),
        "head": (V, H),
        "bias": (V,),
    }
    torch.manual_seed(B)
    given = {name: torch.randn(shape) for name, shape in shapes.items()}
    given["weights"] /= H**0.5
    sizes = np.array([T, B, H, V], np.int64).tobytes()
    read = sizes + b"".join(array.numpy().tobytes() for array in given.values())
    written = subprocess.run(
        [str(EMULATOR), "-cpu", processor, str(path)], input=read, stdout=subprocess.PIPE, check=True
    )
    found = torch.from_numpy(np.frombuffer(written.stdout, np.float32).copy())

    exact = {name: array.double() for name, array in given.items()}
    sums, first = exact["sums"].requires_grad_(), exact["c"].requires_grad_()
    h, c, outputs, memories = exact["h"], first, [], []
    for t in range(T):
        h, c = step(sums[t], exact["weights"], h, c)
        outputs.append(h)
        memories.append(c)
    total = (torch.stack(outputs) * exact["d_out"]).sum() + (h * exact["d_h"]).sum() + (c * exact["d_c"]).sum()
    d_sums, d_c = torch.autograd.grad(total, [sums, first])
    ids = torch.arange(T * B) % V
    totals = torch.zeros(V, 4 * H, dtype=torch.float64).index_add(0, ids, d_sums.flatten(0, 1))
    rounded = {name: given[name].bfloat16().double() for name in ("weights", "head")}
    new_h, new_c = step(exact["symbols"][ids[-B:]], rounded["weights"], exact["h"], exact["c"])
    logits = new_h @ rounded["head"].T + exact["bias"]

    window = [torch.stack(outputs), torch.stack(memories), d_sums, d_c, totals]
    stack = [new_h, new_c, logits]
    compare(found, [(each, CLOSE[window_type]) for each in window] + [(each, CLOSE[stack_type]) for each in stack])


def compare(found: Tensor, expected: list[tuple[Tensor, float]]) -> None:
    """Compare arrays that lie one after the other; each with a tolerance, of the largest number in the array."""
    parts = found.double().split([each.numel() for each, _ in expected])
    for part, (each, close) in zip(parts, expected, strict=True):
        error = (part - each.detach().flatten()).abs().max()
        assert float(error) <= close * max(1.0, float(each.detach().abs().max()))
