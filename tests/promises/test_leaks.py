"""Training and sampling for long leak no memory and no open file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

MINUTES = 20
SECONDS = 10
MB = 2**20

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="memory and files are read from /proc of Linux"
)


def measure(kind, seconds, verse, tmp_path):
    program = Path(__file__).parent / "leaking.py"
    result = subprocess.run(
        [sys.executable, str(program), kind, str(seconds), str(verse), str(tmp_path / "runs")],
        capture_output=True, text=True, timeout=seconds + 120,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_nothing_grows_within_seconds(verse, tmp_path):
    measured = measure("charlm", SECONDS, verse, tmp_path)
    assert measured["steps"] > 300
    assert measured["growth"] < 0.5 * MB
    assert measured["files"][0] == measured["files"][1]


def test_the_harness_catches_a_loop_that_keeps_things(verse, tmp_path):
    measured = measure("naive", 5, verse, tmp_path)
    assert measured["growth"] > 0.5 * MB
    assert measured["files"][1] > measured["files"][0]


@pytest.mark.slow
@pytest.mark.timeout(MINUTES * 60 + 180)
def test_nothing_grows_in_twenty_minutes(verse, tmp_path):
    measured = measure("charlm", MINUTES * 60, verse, tmp_path)
    assert measured["per_hour"] < MB
    assert measured["files"][0] == measured["files"][1]
