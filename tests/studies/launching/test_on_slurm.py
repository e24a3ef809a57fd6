"""What Slurm runs: a job whose exit code is found in its messages, and that goes back into the queue on a signal.

test_engines.py has submitit's local cluster.
"""

from __future__ import annotations

import os
import threading
import time

import pytest

from charlm.errors import CharlmError
from charlm.studies.launching import on_slurm
from charlm.studies.launching.jobs import Job
from charlm.studies.launching.on_slurm import Resumed, SlurmEngine, SlurmJob

pytestmark = pytest.mark.skipif(os.name == "nt", reason="submitit needs the signals of POSIX")


def job(code):
    return Job("lstm.s1", ("-I", "-S", "-c", code), "/")


class Taken:
    """A job that Slurm has ended."""

    def __init__(self, said):
        self.said, self.cancelled = said, 0

    def done(self):
        return True

    def stderr(self):
        return self.said

    def cancel(self, check):
        self.cancelled += 1


def test_the_exit_code_is_the_last_line_of_its_messages(capfd):
    Resumed(job("import sys; sys.exit('charlm: no room')"))()
    said = capfd.readouterr().err
    ended = SlurmJob(Taken(said)).poll()
    assert ended.code == 1
    assert "charlm: no room" in ended.said
    assert SlurmJob(Taken("slurmstepd: killed\n")).poll().code is None
    assert SlurmJob(Taken(None)).poll().code is None


def test_on_the_signal_the_process_ends_and_the_same_job_goes_back():
    running = Resumed(job("import time; time.sleep(60)"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(on_slurm, "PREEMPTION", 0.0)
        thread = threading.Thread(target=running)
        thread.start()
        while running._process is None:
            time.sleep(0.002)
        again = running.checkpoint()
        thread.join(60)
    assert running._process.poll().code == -15
    assert again.function._job == running._job
    assert again.function._process is None


def test_a_job_is_cancelled_once():
    taken = Taken("")
    handle = SlurmJob(taken)
    handle.cancel()
    handle.cancel()
    assert taken.cancelled == 1


def test_what_slurm_refuses_is_told(tmp_path, monkeypatch):
    engine = SlurmEngine(tmp_path, {"cluster": "local", "time": "5"}, 1)

    def refuse(function):
        raise RuntimeError("sbatch: error\nsbatch: invalid partition specified: gpuu")

    monkeypatch.setattr(engine._executor, "submit", refuse)
    with pytest.raises(CharlmError) as caught:
        engine.start(job("pass"))
    assert caught.value.where == "sbatch: invalid partition specified: gpuu"
