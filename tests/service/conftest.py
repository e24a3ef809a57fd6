"""One server for all tests of a process, with a model of running text and one of records."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))

from command_line import in_this_process
from serving import serving

NAMES = "".join(
    f"{first}{last}\n" for first in ("ann", "bea", "cleo", "dora", "eve") for last in ("", "bel", "lise", "mary")
)


@pytest.fixture(scope="session")
def served_runs(tmp_path_factory, tiny_run) -> Path:
    """A folder with a copy of `tiny`, whose own folder has no other run, and a model of records named `names`."""
    root = tmp_path_factory.mktemp("served")
    shutil.copytree(tiny_run / "tiny", root / "tiny")
    text = tmp_path_factory.mktemp("names") / "names.txt"
    text.write_text(NAMES * 3, encoding="utf-8")
    cache = tmp_path_factory.getbasetemp() / "cache"
    result = in_this_process(
        "train", text, "--run", "names", "--records", "--steps", 30, "-s", "model.hidden_size=16", "--device", "cpu",
        "-s", "training.batch_size=8", "-s", "training.seq_len=16",
        env={"CHARLM_RUNS": str(root), "CHARLM_CACHE": str(cache)},
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    return root


@pytest.fixture(scope="session")
def server(tmp_path_factory, served_runs):
    with serving(tmp_path_factory.mktemp("server"), served_runs, "tiny", "names") as running:
        yield running
