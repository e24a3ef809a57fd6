"""Compile the kernels once for each level of this architecture, with this machine's C compiler.

A level is a set of instructions. Every level that the compiler knows is compiled, whatever this machine's processor is:
so what is built on one machine is fast on another. Which level is loaded is decided there (choosing.py).

This file imports only the standard library, because it also runs while charlm is being installed. A library's name has
a hash of the sources and the flags in it: a library that was made from something else is never loaded.
`python -m charlm.kernels` compiles them in a source tree.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
SOURCES = (
    "kernels.c",
    "barrier.h",
    "draw_rules.h",
    "loops.h",
    "memory.h",
    "memory_turn.h",
    "mixing.h",
    "ngram.h",
    "numbers.h",
    "processor.h",
    "products.h",
    "sharing.h",
    "stream.h",
    "stream_block.h",
    "stream_draw.h",
    "stream_heads.h",
    "stream_places.h",
    "suffixes.h",
    "team.h",
    "tiles.h",
    "vectors.h",
    "window.h",
)
# What derived.h and derived_stream.h are written by. They are functions of these rooms, made only for the compiler.
WRITERS = ("cells", "graphs")
FLAGS = ("-O3", "-std=gnu11", "-ffp-contract=fast", "-fno-math-errno", "-shared", "-fPIC", "-pthread")
TIMEOUT_SECONDS = 300.0  # more than ten times what it takes


class Level(NamedTuple):
    """Instructions that a library uses: the compiler's flags for them, and Linux' names of what a processor needs."""

    name: str
    flags: tuple[str, ...] = ()
    needs: frozenset[str] = frozenset()


_AVX2 = ("-mavx2", "-mfma")
_AVX512 = (*_AVX2, "-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl")
_NEEDS_AVX2 = frozenset({"avx2", "fma"})
_NEEDS_AVX512 = _NEEDS_AVX2 | {"avx512f", "avx512bw", "avx512dq", "avx512vl"}
X86 = (
    Level("baseline", ("-march=x86-64",)),
    Level("avx2", _AVX2, _NEEDS_AVX2),
    Level("avx512", _AVX512, _NEEDS_AVX512),
    Level("avx512_bf16", (*_AVX512, "-mavx512bf16"), _NEEDS_AVX512 | {"avx512_bf16"}),
    Level(
        "amx_bf16",
        (*_AVX512, "-mavx512bf16", "-mamx-tile", "-mamx-bf16"),
        _NEEDS_AVX512 | {"avx512_bf16", "amx_tile", "amx_bf16"},
    ),
)
ARM = (
    Level("neon", ("-march=armv8-a",)),
    Level("neon_bf16", ("-march=armv8.2-a+bf16",), frozenset({"atomics", "bf16"})),
)
# The levels of each architecture, as platform.machine() names it. Each level is faster than those before it, and the
# first runs on every processor of the architecture.
LEVELS = {"x86_64": X86, "AMD64": X86, "aarch64": ARM, "arm64": ARM}
OTHER = (Level("baseline"),)  # what the compiler takes for any other architecture


class Built(NamedTuple):
    """The libraries that were compiled, and for other levels why they were not; by the level's name."""

    paths: dict[str, Path]
    failed: dict[str, str]


def levels() -> tuple[Level, ...]:
    """The levels of this architecture, the lowest first."""
    return LEVELS.get(platform.machine(), OTHER)


def _writers() -> list[Path]:
    return [path for room in WRITERS for path in sorted((HERE.parent / room).glob("*.py"))]


def library_path(level: Level) -> Path:
    """The path of a level's library for these sources, whether it exists or not."""
    digest = hashlib.sha256(f"{platform.machine()}\n{FLAGS}\n{level.flags}\n".encode())
    for path in (*(HERE / name for name in SOURCES), *_writers()):
        digest.update(path.read_bytes())
    return HERE / f"kernels-{digest.hexdigest()[:16]}-{level.name}.so"


def compiler() -> str | None:
    """The path of the C compiler: $CC, or else the first of the usual ones that exists; None if there is none."""
    named = os.environ.get("CC")
    return (
        shutil.which(named)
        if named
        else next((path for name in ("cc", "gcc", "clang") if (path := shutil.which(name))), None)
    )


def build(derived: Mapping[str, str]) -> Built:
    """Compile all levels at the same time, and delete libraries of other sources. `derived` has
    the texts of the files that are written from the cells.

    A level that does not compile is left out, except the lowest. Raises OSError with the compiler's message if that one
    fails, or if there is no compiler.
    """
    command = compiler()
    if os.name == "nt":
        raise OSError("they need POSIX threads, which Windows does not have")
    if command is None:
        raise FileNotFoundError("no C compiler (cc, gcc or clang) was found")
    lowest, *_ = wanted = levels()
    paths = {level.name: library_path(level) for level in wanted}
    with tempfile.TemporaryDirectory(dir=HERE, prefix="kernels-") as folder:
        for name, text in derived.items():
            Path(folder, name).write_text(text)
        made = {name: Path(folder, name) for name in paths}
        running = {level.name: _start(command, level, made[level.name]) for level in wanted}
        said = {name: _finish(process) for name, process in running.items()}
        failed = {name: f"{command} failed: {error}" for name, error in said.items() if error}
        if lowest.name in failed:
            raise OSError(failed[lowest.name])
        for name in said.keys() - failed.keys():
            made[name].replace(paths[name])  # when it is complete: another process may load it meanwhile
    for old in set(HERE.glob("kernels-*.so")) - set(paths.values()):
        old.unlink(missing_ok=True)
    return Built({name: path for name, path in paths.items() if name not in failed}, failed)


def build_one(derived: Mapping[str, str], level: Level, path: Path) -> None:
    """Compile one level, with other derived files, to a path. It exists whole or not at all.

    Raises OSError with the compiler's message if it does not compile, or if there is no compiler.
    """
    command = compiler()
    if command is None:
        raise FileNotFoundError("no C compiler (cc, gcc or clang) was found")
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix="kernels-") as folder:
        for name, text in derived.items():
            Path(folder, name).write_text(text)
        made = Path(folder, path.name)
        if error := _finish(_start(command, level, made)):
            raise OSError(f"{command} failed: {error}")
        made.replace(path)


def _start(command: str, level: Level, made: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [command, *FLAGS, *level.flags, f"-I{made.parent}", "kernels.c", "-lm", "-o", str(made)],
        cwd=HERE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def _finish(process: subprocess.Popen[str]) -> str:
    """What went wrong; empty if nothing did."""
    try:
        _, errors = process.communicate(timeout=TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return f"it took longer than {TIMEOUT_SECONDS:.0f} s"
    return (errors.strip()[-2000:] or f"exit code {process.returncode}") if process.returncode else ""
