"""Encoding and training on a gigabyte of text takes little private memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

GIGABYTE = 10**9
ALLOWED = 600 * 10**6  # bytes more than a training on a small text


def anonymous(process_id: int) -> int:
    """Bytes of the process's private memory; mapped pages of files are not counted."""
    try:
        lines = Path(f"/proc/{process_id}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Anonymous:"))


def peak(text: Path, root: Path) -> int:
    command = ["train", text, "--steps", 30, "-s", "training.validations=1", "-s", "training.valid_characters=100000"]
    process = subprocess.Popen(
        [sys.executable, "-m", "charlm", *map(str, command)],
        env={**os.environ, "CHARLM_RUNS": str(root / "runs"), "CHARLM_CACHE": str(root / "cache")},
        stderr=subprocess.DEVNULL,
    )
    highest = 0
    while process.poll() is None:
        highest = max(highest, anonymous(process.pid))
        time.sleep(0.02)
    assert process.returncode == 0
    return highest


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="memory is read from Linux's /proc")
def test_a_gigabyte_takes_at_most_600_megabytes(verse, tmp_path):
    large = tmp_path / "large.txt"
    line = ("naïve " + verse.read_text() * 350).encode()  # about a megabyte, not all of it ASCII
    with large.open("wb") as file:
        for _ in range(GIGABYTE // len(line) + 1):
            file.write(line)
    assert large.stat().st_size >= GIGABYTE
    small, big = peak(verse, tmp_path), peak(large, tmp_path)
    print(f"\nprivate memory: {small / 1e6:.0f} MB with a small text, {big / 1e6:.0f} MB with a gigabyte")
    assert big - small < ALLOWED
