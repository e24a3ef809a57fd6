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


def watched(verse, tmp_path, **steps):
    """What is held on to by one process that runs each kind of loop for its number of steps, in this order."""
    program = Path(__file__).parent / "leaking.py"
    loops = [f"{kind}={count}" for kind, count in steps.items()]
    result = subprocess.run(
        [sys.executable, str(program), str(verse), str(tmp_path / "runs"), *loops], capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_in_seconds_nothing_grows_and_the_harness_catches_a_loop_that_keeps_things(verse, tmp_path):
    charlm, naive = watched(verse, tmp_path, charlm=400, naive=200)
    assert charlm["growth"] < 0.5 * MB
    assert charlm["files"][0] == charlm["files"][1]
    assert naive["growth"] > 0.5 * MB
    assert naive["files"][1] > naive["files"][0]


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_in_twenty_minutes_nothing_grows(verse, tmp_path):
    (seen,) = watched(verse, tmp_path, charlm=MANY)
    assert seen["per_hour"] < MB
    assert seen["files"][0] == seen["files"][1]
