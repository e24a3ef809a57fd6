"""Jobs as processes of this machine: how they end, how they are asked to, and that they do not outlive their parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from charlm.errors import UsageError
from charlm.studies.launching.jobs import LAST_WORDS, PARENT, Job
from charlm.studies.launching.processes import STOPPED, LocalEngine, Process, run_to_end, was_orphaned

pytestmark = pytest.mark.skipif(os.name == "nt", reason="these are the signals of POSIX")


def job(code, **more):
    """A job that runs this code, without what takes long to import."""
    return Job("lstm.s1", ("-I", "-S", "-c", code), **{"folder": "/", **more})


def ended(process):
    last = time.monotonic() + 60
    while (found := process.poll()) is None:
        assert time.monotonic() < last
        time.sleep(0.002)
    return found


def test_a_job_ends_with_its_code_and_its_last_words(tmp_path):
    code = "import os, sys; sys.stderr.write('x' * 9000 + os.getcwd() + os.environ['WORD']); sys.exit(4)"
    with LocalEngine(1) as engine:
        found = ended(engine.start(job(code, folder=str(tmp_path), environment={"WORD": "owl"})))
    assert found.code == 4
    assert found.said.endswith(f"{tmp_path}owl")
    assert len(found.said) == LAST_WORDS


def test_a_killed_job_ends_with_the_signal():
    assert ended(Process(job("import os; os.kill(os.getpid(), 9)"))).code == -9


WAITING = (
    "import signal, sys, time\n"
    "asked = []\n"
    "signal.signal(signal.SIGTERM, lambda *given: asked.append(1))\n"
    "print('ready', file=sys.stderr, flush=True)\n"
    "while not asked: time.sleep(0.002)\n"
    "time.sleep(0.05)\n"
    "sys.exit(100 + len(asked))\n"
)


def test_a_job_is_asked_to_end_once_however_often_it_is_cancelled():
    process = Process(job(WAITING))
    while not os.fstat(process._said.fileno()).st_size:
        time.sleep(0.002)
    for _ in range(3):
        process.cancel()
        time.sleep(0.01)
    assert ended(process).code == 101


def test_a_terminal_s_ctrl_c_does_not_reach_a_job():
    process = Process(job(WAITING))
    assert os.getpgid(process._process.pid) != os.getpgid(0)
    process._process.kill()
    ended(process)


def test_waiting_for_a_job_can_be_stopped():
    asked = iter([False, False, True])
    found = run_to_end(job("import time; time.sleep(60)"), lambda: next(asked, True))
    assert found.code == -signal.SIGTERM
    assert run_to_end(job("1 / 0"), lambda: True).code == STOPPED, "it is not even started"


def test_a_folder_that_this_machine_lacks_is_no_error():
    assert ended(Process(job("pass", folder="/there/is/no/such/folder"))).code == 0


def test_a_process_that_cannot_be_started_is_said(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/there/is/no/python")
    with pytest.raises(UsageError, match="cannot be started"):
        Process(job("pass"))


def test_a_job_notices_that_its_parent_is_gone(monkeypatch):
    assert not was_orphaned(), "no engine has started this process"
    monkeypatch.setenv(PARENT, str(os.getppid()))
    assert not was_orphaned()
    with subprocess.Popen([sys.executable, "-I", "-S", "-c", "pass"]) as gone:
        gone.wait()
    monkeypatch.setenv(PARENT, str(gone.pid))
    assert was_orphaned()
