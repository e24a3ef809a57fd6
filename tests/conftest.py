"""What the tests share: a small text, a run trained on it through the command line, and the command line itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

# Several tests at once on few cores: threads that wait for each other would take longer than one each.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

VERSE = """\
The owl went out to look for mice,
The mice went out to look for rice;
The rice had all been sold at noon,
The owl came home and ate the moon.
"""


def pytest_collection_modifyitems(config, items):
    """Slow proofs and GPU tests run when they are asked for, and say why they were left out."""
    import torch

    chosen = config.option.markexpr
    for item in items:
        if "slow" in item.keywords and "slow" not in chosen:
            item.add_marker(pytest.mark.skip(reason="a longer proof; run it with -m slow"))
        if "gpu" in item.keywords and not torch.cuda.is_available():
            item.add_marker(pytest.mark.skip(reason="there is no CUDA device"))
        elif "gpu" in item.keywords and "gpu" not in chosen:
            item.add_marker(pytest.mark.skip(reason="for a CUDA device; run it with -m gpu"))


@pytest.fixture(autouse=True)
def _no_folders_of_the_users(tmp_path_factory, monkeypatch):
    """No test writes into the user's cache; one cache serves a whole test process."""
    cache = tmp_path_factory.getbasetemp() / "cache"
    monkeypatch.setenv("CHARLM_CACHE", str(cache))
    monkeypatch.delenv("CHARLM_RUNS", raising=False)


def run_charlm(*arguments, env=None, **named):
    """`charlm` as a user runs it: a process of its own. Gives its CompletedProcess, text captured."""
    environment = {**os.environ, "PYTHONWARNINGS": "error", "PYTHONIOENCODING": "utf-8", **(env or {})}
    return subprocess.run(
        [sys.executable, "-m", "charlm", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment,
        timeout=200,
        **named,
    )


@pytest.fixture
def charlm(tmp_path):
    """Run `charlm` with runs kept in a folder of the test's own."""

    def run(*arguments, env=None, **named):
        named.setdefault("cwd", tmp_path)
        return run_charlm(*arguments, env={"CHARLM_RUNS": str(tmp_path / "runs"), **(env or {})}, **named)

    return run


@pytest.fixture(scope="session")
def verse(tmp_path_factory) -> Path:
    """A small text file, long enough for three splits."""
    path = tmp_path_factory.mktemp("texts") / "verse.txt"
    path.write_text(VERSE * 20, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory, verse) -> Path:
    """A folder for CHARLM_RUNS with a run named `tiny`, trained through the command line on `verse`."""
    root = tmp_path_factory.mktemp("runs")
    cache = tmp_path_factory.getbasetemp() / "cache"
    result = run_charlm(
        "train", verse, "--run", "tiny", "--steps", 60, "-s", "model.hidden_size=32", "-s", "training.batch_size=8",
        "-s", "training.seq_len=32", "-s", "training.validations=3", "--device", "cpu",
        env={"CHARLM_RUNS": str(root), "CHARLM_CACHE": str(cache)},
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    return root
