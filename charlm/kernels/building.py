"""How the kernels are compiled: with this machine's own C compiler, for this machine's processor.

Only the standard library is used, because the file is also run while charlm is being installed. The result is named
after the source and the processor it was made for; another one is not loaded. `python -m charlm.kernels` makes it in
a source tree.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
SOURCES = ("kernels.c", "drawing.h", "lstm.h", "stream.h", "vectors.h")
FLAGS = ("-O3", "-std=gnu11", "-ffp-contract=fast", "-fno-math-errno", "-shared", "-fPIC", "-pthread")
SECONDS = 120.0  # more than ten times what it takes


def processor() -> str:
    """What this processor can do, in a few words that differ wherever machine code could."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.processor() or platform.machine()
    lines = [line for line in text.splitlines() if line.startswith(("flags", "Features", "model name"))]
    return "\n".join(sorted(set(lines)))


def library_path() -> Path:
    """Where the library of these sources for this processor is, or would be."""
    digest = hashlib.sha256(f"{platform.machine()}\n{processor()}\n{' '.join(FLAGS)}\n".encode())
    for name in SOURCES:
        digest.update((HERE / name).read_bytes())
    return HERE / f"kernels-{digest.hexdigest()[:16]}.so"


def compiler() -> str | None:
    """The C compiler that $CC names, or the first of the usual ones; None where there is none."""
    named = os.environ.get("CC")
    return (
        shutil.which(named)
        if named
        else next((path for name in ("cc", "gcc", "clang") if (path := shutil.which(name))), None)
    )


def build() -> Path:
    """Compile the kernels and give the library's path. OSError, with what the compiler said, where that fails."""
    path, command = library_path(), compiler()
    if command is None:
        raise FileNotFoundError("no C compiler (cc, gcc or clang) was found")
    made = path.with_suffix(f".{os.getpid()}.tmp")  # whole or not there at all, also for one who loads it meanwhile
    native = "-mcpu=native" if platform.machine() in ("arm64", "aarch64") else "-march=native"
    try:
        done = subprocess.run(
            [command, *FLAGS, native, "kernels.c", "-lm", "-o", str(made)],
            cwd=HERE,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        if done.returncode:
            raise OSError(f"{command} failed: {done.stderr.strip()[-2000:]}")
        made.replace(path)
        for old in set(HERE.glob("kernels-*.so")) - {path}:
            old.unlink()
    except subprocess.TimeoutExpired:
        raise OSError(f"{command} took longer than {SECONDS:.0f} s") from None
    finally:
        made.unlink(missing_ok=True)
    return path
