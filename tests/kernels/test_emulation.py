"""The kernels as a program without Python: compiled for ARM and run by an emulator, they give what the equations give.

On Debian the cross compiler and the emulator are in the packages gcc-aarch64-linux-gnu and qemu-user. The same program,
compiled for the processor at hand, is tested always.
"""

from __future__ import annotations

import platform
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from charlm.cells.table import build_cell
from charlm.cells.unroll import run_steps
from charlm.graphs.c_kernel import repeat_of
from charlm.graphs.derived import files, kernel_name
from charlm.graphs.stages import plan_kernel
from charlm.graphs.tracing import trace
from charlm.kernels.building import ARM, FLAGS, HERE, Level, compiler, levels

COMPILER = shutil.which("aarch64-linux-gnu-gcc")
EMULATOR = shutil.which("qemu-aarch64") or shutil.which("qemu-aarch64-static")
EMULATED = [
    pytest.mark.slow,
    pytest.mark.skipif(COMPILER is None, reason="needs a cross compiler, aarch64-linux-gnu-gcc"),
    pytest.mark.skipif(EMULATOR is None, reason="needs an emulator, qemu-aarch64"),
]
NATIVE = compiler() is not None and platform.machine() in ("x86_64", "AMD64")
HERE_TOO = [pytest.mark.skipif(not NATIVE, reason="needs a C compiler, and a processor of the x86-64 kind")]
NUMBERS = [(level, "fp32") for level in ARM] + [(level, "bf16") for level in ARM if "bf16" in level.name]
PROGRAMS = [pytest.param((levels()[0], "fp32"), marks=HERE_TOO)] + [pytest.param(n, marks=EMULATED) for n in NUMBERS]
CELLS = ["lstm", "gru", "peephole", "memory_gated"]  # their products read one part of the state
USUAL = "lstm", "memory_gated"  # a product that reads the output, and one that reads the memory
CLOSE = {"fp32": 1e-5, "bf16": 4e-2}  # of the largest number in an array
V = 32  # symbols: a multiple of 4 vectors


@pytest.fixture(scope="module", params=PROGRAMS, ids=lambda each: f"{each[0].name}-{each[1]}")
def compiled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A function that gives emulated.c with the kernels of a cell in it, for a level and a number type."""
    level: Level
    level, window = request.param
    folder = tmp_path_factory.mktemp(level.name)
    for name, text in files((build_cell(cell, {}), False) for cell in CELLS).items():
        (folder / name).write_text(text)
    stream = "bf16" if "bf16" in level.name else "mixed"
    command, arm = (str(COMPILER), ["-static"]) if level in ARM else (str(compiler()), [])

    def program(cell: str) -> tuple[list[str], str]:
        path = folder / cell
        flags = [*(flag for flag in FLAGS if flag not in ("-shared", "-O3")), "-O1", *level.flags, *arm]
        flags += [f"-DTYPE={window}", f"-DSTREAM={stream}", f"-DCELL={kernel_name(trace(build_cell(cell, {})))}"]
        flags += ["-Wall", "-Wextra", "-Werror", "-Wno-unused-function", f"-I{HERE}", f"-I{folder}"]
        source = str(Path(__file__).parent / "emulated.c")
        subprocess.run([command, *flags, source, "-lm", "-o", str(path)], check=True)
        # an old processor: a newer instruction would be illegal
        processor = ["-cpu", "max" if "bf16" in level.name else "cortex-a53"]
        return [str(EMULATOR), *processor, str(path)] if level in ARM else [str(path)], window

    return program


@pytest.mark.parametrize(
    "name", [name if name in USUAL else pytest.param(name, marks=pytest.mark.slow) for name in CELLS]
)
def test_results_are_those_of_the_equations(compiled: Any, name: str) -> None:
    command, window = compiled(name)
    for T, B, H in [(1, 1, 64), (4, 2, 64), (3, 3, 128), (2, 5, 64), (5, 7, 64), (2, 13, 64)]:
        compare(command, window, name, T, B, H)


def compare(command: list[str], window: str, name: str, T: int, B: int, H: int) -> None:
    cell = build_cell(name, {})
    plan = plan_kernel(trace(cell))
    gradient, (reading,) = plan.gradient, plan.readings
    K, P, S = plan.graph.projected, len(reading.products), len(plan.fields)  # noqa: N806
    M = len(gradient.columns())  # noqa: N806
    read = plan.fields.index(str(reading.source.key[0]))
    torch.manual_seed(B)
    given = {
        "weights": torch.randn(P * H, H) / H**0.5,
        "vectors": torch.randn(len(plan.vectors) * H),
        "projected": torch.randn(T, B, K * H),
        "states": torch.randn(S, B, H),
        "d_out": torch.randn(T, B, H),
        "d_states": torch.randn(S, B, H),
        "symbols": torch.randn(V, K * H),
        "head": torch.randn(V, H),
        "bias": torch.randn(V),
    }
    shares = plan.output_reading() is not None
    repeat = repeat_of(plan, plan.forward[0])
    sizes = (T, B, H, V, K, P, len(plan.kept), M, S, read, len(plan.vectors), repeat, shares, len(plan.stream))
    piped = np.array(sizes, np.int64).tobytes() + b"".join(array.numpy().tobytes() for array in given.values())
    written = subprocess.run(command, input=piped, stdout=subprocess.PIPE, check=True)
    found = torch.from_numpy(np.frombuffer(written.stdout, np.float32).copy()).double()
    counts = [T * B * H, T * B * M * H, S * B * H, V * H, S * B * H, B * V]
    outputs, columns, d_states, totals, after, logits = found.split(counts)

    exact = {key: array.double().requires_grad_() for key, array in given.items()}
    weights = as_weights(plan, exact["weights"], exact["vectors"], H)
    state = cell.STATE(*exact["states"])
    steps = list(run_steps(cell, weights, exact["projected"], state, None))
    expected = torch.stack([output for output, _, _ in steps])
    total = (expected * exact["d_out"]).sum()
    total = total + sum((part * given).sum() for part, given in zip(steps[-1][1], exact["d_states"], strict=True))
    d_projected, d_first = torch.autograd.grad(total, [exact["projected"], exact["states"]])
    places = [gradient.columns().index(each) for each in gradient.projected]
    by_column = columns.view(T, B, M, H)
    first = d_states.view(S, B, H).clone()
    first[read] += by_column[0][:, list(reading.columns)].flatten(1) @ given["weights"].double()
    close(outputs, expected, CLOSE[window])
    close(by_column[:, :, places].flatten(), d_projected, CLOSE[window])
    close(first, d_first, CLOSE[window])
    ids = torch.arange(T * B) % V
    close(totals, torch.zeros(V, H).double().index_add(0, ids, by_column.flatten(0, 1)[:, 0]), CLOSE["fp32"])

    rounded = as_weights(plan, given["weights"].bfloat16().double(), given["vectors"].double(), H)
    output, new, _ = cell.step(rounded, exact["symbols"][ids[-B:]], state)
    head = output @ given["head"].bfloat16().double().T + exact["bias"]
    tolerance = CLOSE["bf16" if "bf16" in str(command) else "fp32"]
    close(after, torch.stack(tuple(new)), tolerance)
    close(logits, head, tolerance)


def as_weights(plan: Any, matrix: Tensor, vectors: Tensor, H: int) -> dict[str, Tensor]:
    """The blocks of the one matrix and of the vectors as the weights that the step reads."""
    (reading,) = plan.readings
    found = {name: [matrix.new_zeros(H)] * shape[0] for name, shape in plan.graph.shapes.items()}
    for (name, row, _), block in zip(reading.entries, matrix.split(H), strict=True):
        found[name][row] = block
    for leaf, block in zip(plan.vectors, vectors.split(H) if len(plan.vectors) else [], strict=True):
        found[leaf.key[0]][leaf.key[1]] = block
    return {name: torch.cat(blocks) for name, blocks in found.items()}


def close(found: Tensor, expected: Tensor, tolerance: float) -> None:
    """Within a tolerance of the largest number in the array."""
    error = (found.flatten() - expected.detach().flatten()).abs().max()
    assert float(error) <= tolerance * max(1.0, float(expected.detach().abs().max()))
