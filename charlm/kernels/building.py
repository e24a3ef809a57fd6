"""Compile the kernels with this machine's C compiler, for this machine's processor.

This file imports only the standard library, because it also runs while charlm is being installed. The library's name
has a hash of the sources, the flags and the processor in it: a library made from or for something else is never loaded.
`python -m charlm.kernels` compiles it in a source tree.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
SOURCES = (
    "kernels.c",
    "barrier.h",
    "lstm.h",
    "numbers.h",
    "products.h",
    "sharing.h",
    "stream.h",
    "stream_draw.h",
    "vectors.h",
)
FLAGS = ("-O3", "-std=gnu11", "-ffp-contract=fast", "-fno-math-errno", "-shared", "-fPIC", "-pthread")
TIMEOUT_SECONDS = 120.0  # more than ten times what it takes


def processor() -> str:
    """A text that is the same for two processors only if they can run the same machine code."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.processor() or platform.machine()
    lines = [line for line in text.splitlines() if line.startswith(("flags", "Features", "model name"))]
    return "\n".join(sorted(set(lines)))


def library_path() -> Path:
    """The path of the library for these sources and this processor, whether it exists or not."""
    digest = hashlib.sha256(f"{platform.machine()}\n{processor()}\n{' '.join(FLAGS)}\n".encode())
    for name in SOURCES:
        digest.update((HERE / name).read_bytes())
    return HERE / f"kernels-{digest.hexdigest()[:16]}.so"


def compiler() -> str | None:
    """The path of the C compiler: $CC, or else the first of the usual ones that exists; None if there is none."""
    named = os.environ.get("CC")
    return (
        shutil.which(named)
        if named
        else next((path for name in ("cc", "gcc", "clang") if (path := shutil.which(name))), None)
    )


def build() -> Path:
    """Compile the kernels and return the library's path. Raises OSError with the compiler's message if that fails."""
    path, command = library_path(), compiler()
    if command is None:
        raise FileNotFoundError("no C compiler (cc, gcc or clang) was found")
    made = path.with_suffix(f".{os.getpid()}.tmp")  # renamed when complete: another process may load it meanwhile
    native = "-mcpu=native" if platform.machine() in ("arm64", "aarch64") else "-march=native"
    try:
        done = subprocess.run(
            [command, *FLAGS, native, "kernels.c", "-lm", "-o", str(made)],
            cwd=HERE,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        if done.returncode:
            raise OSError(f"{command} failed: {done.stderr.strip()[-2000:]}")
        made.replace(path)
        for old in set(HERE.glob("kernels-*.so")) - {path}:
            old.unlink()
    except subprocess.TimeoutExpired:
        raise OSError(f"{command} took longer than {TIMEOUT_SECONDS:.0f} s") from None
    finally:
        made.unlink(missing_ok=True)
    return path
