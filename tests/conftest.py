"""What the tests share: a small text, a run trained on it through the command line, and the command line itself."""

from __future__ import annotations

import gc
import os
import signal
import sys
from pathlib import Path

import pytest

# Several tests at once on few cores: threads that wait for each other would take longer than one each.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# The suite starts a hundred Pythons. What the first has compiled of charlm, the others need not compile again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A suite that nohup starts would leave SIGHUP alone, and so would every process that it starts.
signal.signal(signal.SIGHUP, signal.SIG_DFL)

# No test can cut the power, so none has to wait until the disk has what was written. That it is synced, and in which
# order, is seen by tests that give charlm a disk of their own. charlm keeps the function that it finds when imported.
os.fsync = lambda descriptor: None

sys.path.append(str(Path(__file__).parent))

from warm import Warm  # noqa: E402

# command_line.py imports torch, which the process that only gives out tests to others need not do: it is imported late.

VERSE = """\
The owl went out to look for mice,
The mice went out to look for rice;
The rice had all been sold at noon,
The owl came home and ate the moon.
"""


def pytest_collection(session):
    """What is collected stays to the end; to look for garbage among it, again and again, takes seconds."""
    gc.disable()


def pytest_collection_finish(session):
    gc.freeze()
    gc.enable()


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


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Each worker takes its share of the files in order, and at the end half of what another has left.

    By default tests are given out a few at a time, so that most fixtures of a module are made once in each worker.
    """
    if config.option.dist != "load":
        return None
    from xdist.scheduler import WorkStealingScheduling

    return WorkStealingScheduling(config, log)


@pytest.fixture(autouse=True)
def _no_folders_of_the_users(tmp_path_factory, monkeypatch):
    """No test writes into the user's cache; one cache serves a whole test process."""
    cache = tmp_path_factory.getbasetemp() / "cache"
    monkeypatch.setenv("CHARLM_CACHE", str(cache))
    monkeypatch.delenv("CHARLM_RUNS", raising=False)


def _in_a_folder(run, folder):
    """Run `charlm` in the folder unless told, with runs kept in it."""

    def charlm(*arguments, env=None, **named):
        return run(*arguments, env={"CHARLM_RUNS": str(folder / "runs"), **(env or {})}, **{"cwd": folder, **named})

    return charlm


@pytest.fixture
def charlm(tmp_path):
    """Run `charlm` in this process, with runs kept in a folder of the test's own. Gives a CompletedProcess of text."""
    from command_line import in_this_process

    return _in_a_folder(in_this_process, tmp_path)


@pytest.fixture
def charlm_process(tmp_path):
    """The same in a process of its own."""
    from command_line import in_its_own_process

    return _in_a_folder(in_its_own_process, tmp_path)


@pytest.fixture(scope="session")
def _warm():
    with Warm() as server:
        yield server


@pytest.fixture
def charlm_forked(tmp_path, _warm):
    """Start `charlm` in a process that has imported already what a training imports; gives it while it runs.

    It takes a tenth of the time, and is for what a signal or a kill does. One runs at a time.
    """
    started = []

    def start(*arguments, env=None, **named):
        folders = {"CHARLM_RUNS": str(tmp_path / "runs"), "CHARLM_CACHE": os.environ["CHARLM_CACHE"]}
        started.append(_warm.start(tmp_path, *arguments, **{**folders, **(env or {})}, **named))
        return started[-1]

    yield start
    for each in started:
        if each.returncode is None:
            each.kill()
            each.communicate()


@pytest.fixture(scope="session")
def verse(tmp_path_factory) -> Path:
    """A small text file, long enough for three splits."""
    path = tmp_path_factory.mktemp("texts") / "verse.txt"
    path.write_text(VERSE * 20, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory, verse) -> Path:
    """A folder for CHARLM_RUNS with a run named `tiny`, trained through the command line on `verse`."""
    from command_line import in_this_process

    root = tmp_path_factory.mktemp("runs")
    cache = tmp_path_factory.getbasetemp() / "cache"
    result = in_this_process(
        "train", verse, "--run", "tiny", "--steps", 60, "-s", "model.hidden_size=32", "-s", "training.batch_size=8",
        "-s", "training.seq_len=32", "-s", "training.validations=3", "--device", "cpu",
        env={"CHARLM_RUNS": str(root), "CHARLM_CACHE": str(cache)},
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    return root
