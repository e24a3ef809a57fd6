"""What the operating system reports about the machine and the process."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from charlm import machine
from charlm.machine import peak_memory


def test_the_peak_of_memory_is_in_bytes_and_includes_what_is_held():
    held = bytearray(b"x") * 2**26
    peak = peak_memory()
    assert peak is None or len(held) <= peak < 2**26 * 1024


def test_openmp_waits_passively_unless_the_user_chose(monkeypatch):
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")  # so that what was there before is restored
    monkeypatch.delenv("OMP_WAIT_POLICY")
    monkeypatch.setenv("GOMP_SPINCOUNT", "1000")
    machine.wait_passively()
    assert "OMP_WAIT_POLICY" not in os.environ
    monkeypatch.delenv("GOMP_SPINCOUNT")
    machine.wait_passively()
    assert os.environ["OMP_WAIT_POLICY"] == "PASSIVE"
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    machine.wait_passively()
    assert os.environ["OMP_WAIT_POLICY"] == "ACTIVE"


def test_the_policy_is_set_before_torch_reads_it():
    code = "import charlm.device as device; device.choose_compute('cpu')"
    settings = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")
    environment = {name: value for name, value in os.environ.items() if name not in settings}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**environment, "OMP_DISPLAY_ENV": "verbose"},
        capture_output=True,
        text=True,
        check=True,
    )
    if "GOMP_SPINCOUNT" not in done.stderr:
        pytest.skip("torch does not use GNU's OpenMP here")
    assert re.search(r"GOMP_SPINCOUNT = '0'", done.stderr), done.stderr
