"""Hours of training and sampling hold on to no memory and no file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

MINUTES = 20
QUICK = 10  # seconds
MB = 2**20

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="what is held is read where Linux says it")


def watched(kind, seconds, verse, tmp_path):
    program = Path(__file__).parent / "leaking.py"
    result = subprocess.run(
        [sys.executable, str(program), kind, str(seconds), str(verse), str(tmp_path / "runs")],
        capture_output=True, text=True, timeout=seconds + 120,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_in_seconds_nothing_grows(verse, tmp_path):
    seen = watched("charlm", QUICK, verse, tmp_path)
    assert seen["steps"] > 300
    assert seen["growth"] < 0.5 * MB
    assert seen["files"][0] == seen["files"][1]


def test_the_harness_catches_a_loop_that_keeps_things(verse, tmp_path):
    seen = watched("naive", 5, verse, tmp_path)
    assert seen["growth"] > 0.5 * MB
    assert seen["files"][1] > seen["files"][0]


@pytest.mark.slow
@pytest.mark.timeout(MINUTES * 60 + 180)
def test_in_twenty_minutes_nothing_grows(verse, tmp_path):
    seen = watched("charlm", MINUTES * 60, verse, tmp_path)
    assert seen["per_hour"] < MB
    assert seen["files"][0] == seen["files"][1]
