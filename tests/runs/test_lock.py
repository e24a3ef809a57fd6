"""Only one process writes a run."""

import os
import signal
import socket
import subprocess
import sys

import pytest

from charlm.errors import BusyError
from charlm.runs import create_run, lock_run

HOLD = (
    "import sys, pathlib; from charlm.runs import Run, lock_run\n"
    "with lock_run(Run(pathlib.Path(sys.argv[1]))):\n"
    "    print('held', flush=True)\n"
    "    sys.stdin.readline()\n"
)


@pytest.fixture
def run(tmp_path):
    return create_run(tmp_path, "mine", "x", {})


@pytest.fixture
def holder(run):
    """Another process that holds the run."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(run.folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_the_second_process_gets_an_error_that_names_the_first(run, holder):
    with pytest.raises(BusyError) as caught, lock_run(run):
        pass
    assert caught.value.exit_code == 7
    assert f"process {holder.pid} on {socket.gethostname()}" in caught.value.what
    assert holder.poll() is None


def test_a_run_is_free_when_its_writer_has_ended(run, holder):
    holder.communicate("\n", timeout=60)
    with lock_run(run):
        pass


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_run_is_free_when_its_writer_was_killed(run, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait(timeout=60)
    assert (run.folder / "writer.json").exists()  # stale, and ignored
    with lock_run(run):
        pass


def test_the_lock_holds_within_one_process(run):
    with lock_run(run):
        with pytest.raises(BusyError) as caught, lock_run(run):
            pass
        assert f"process {os.getpid()}" in caught.value.what
    with lock_run(run):
        pass


def test_an_error_inside_frees_the_run(run):
    with pytest.raises(ZeroDivisionError), lock_run(run):
        raise ZeroDivisionError
    with lock_run(run):
        pass
    assert not (run.folder / "writer.json").exists()


def test_another_run_is_not_touched(run, tmp_path):
    with lock_run(run), lock_run(create_run(tmp_path, "other", "x", {})):
        pass
