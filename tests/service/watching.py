"""A `charlm runs watch` of the tests' own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def watching(runs: Path, run: str) -> Iterator[str]:
    """The address of the page; its process ends by SIGTERM."""
    command = [sys.executable, "-m", "charlm", "runs", "watch", run, "--no-browser"]
    environment = {**os.environ, "CHARLM_RUNS": str(runs), "PYTHONWARNINGS": "error"}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        url = process.stdout.readline().strip()
        assert url, process.communicate()[1]
        yield url
    finally:
        process.terminate()
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 143, errors
    assert "Traceback" not in errors
