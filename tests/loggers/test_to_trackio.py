"""What was written for trackio, read from its database by trackio. It wants an older pillow: it is not in `dev`."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

CODE = """
import sys
from pathlib import Path
from charlm.loggers.destination import About
from charlm.loggers.measured import Measured
from charlm.loggers.to_trackio import ToTrackio

about = About("mine", {"model.cell": "lstm"}, 1000.0)
logger = ToTrackio(Path(sys.argv[1]), "owls")
assert not logger.has("mine")
run = logger.begin(about, "")
logger.write([Measured(1, 0.5, {"train/bits": 2.5}, None), Measured(2, None, {}, "the owl")], [1000.5, 1000.5])
logger.end(finished=False)
again = ToTrackio(Path(sys.argv[1]), "owls")
assert again.has(run) and again.begin(about, run) == run == "mine"
again.write([Measured(3, 1.0, {"train/bits": 2.0}, None)], [1001.0])
again.end(finished=True)

from trackio.sqlite_storage import SQLiteStorage

rows = SQLiteStorage.get_logs("owls", "mine")
print([(row["step"], row["train/bits"]) for row in rows if "train/bits" in row])
print([row["sample"] for row in rows if "sample" in row])
print(SQLiteStorage.get_run_config("owls", "mine")["model.cell"])
"""


@pytest.mark.slow
def test_numbers_samples_and_settings_are_read_back(tmp_path):
    """Proves that trackio finds each number once after two pushes, and that nothing else is on standard output."""
    pytest.importorskip("trackio")
    done = subprocess.run([sys.executable, "-c", CODE, tmp_path], capture_output=True, text=True, env={**os.environ})
    assert done.returncode == 0, done.stderr
    numbers, samples, cell = done.stdout.splitlines()
    assert numbers == "[(1, 2.5), (3, 2.0)]"
    assert "the owl" in samples
    assert cell == "lstm"
