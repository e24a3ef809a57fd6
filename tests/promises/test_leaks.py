"""Hours of training and sampling hold on to no memory and no file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

MANY = 60_000  # steps: some twenty minutes
MB = 2**20

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="what is held is read where Linux says it")


def watched(kind, steps, verse, tmp_path):
    program = Path(__file__).parent / "leaking.py"
    result = subprocess.run(
        [sys.executable, str(program), kind, str(steps), str(verse), str(tmp_path / "runs")],
        capture_output=True, text=True,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_in_seconds_nothing_grows(verse, tmp_path):
    seen = watched("charlm", 400, verse, tmp_path)
    assert seen["growth"] < 0.5 * MB
    assert seen["files"][0] == seen["files"][1]


def test_the_harness_catches_a_loop_that_keeps_things(verse, tmp_path):
    seen = watched("naive", 200, verse, tmp_path)
    assert seen["growth"] > 0.5 * MB
    assert seen["files"][1] > seen["files"][0]


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_in_twenty_minutes_nothing_grows(verse, tmp_path):
    seen = watched("charlm", MANY, verse, tmp_path)
    assert seen["per_hour"] < MB
    assert seen["files"][0] == seen["files"][1]
