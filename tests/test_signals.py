"""Signals: Ctrl-C at any moment is quiet, a closed terminal saves, and SIGUSR1 asks for a checkpoint."""

from __future__ import annotations

import os
import random
import re
import select
import signal
import subprocess
import sys
import time
from functools import partial

import pytest

from charlm.checkpoint.series import newest_whole
from charlm.runs import Run
from charlm.signals import Stop, quiet_interrupts

pytestmark = pytest.mark.skipif(os.name == "nt", reason="these are the signals of POSIX")

TINY = (
    "--device", "cpu", "-s", "model.hidden_size=8", "-s", "model.num_layers=1", "-s", "training.batch_size=4",
    "-s", "training.seq_len=16", "-s", "training.validations=1", "-s", "training.sample_length=0",
)  # fmt: skip
TRAIN = ("--steps", 1_000_000, "-s", "training.save_every=1h", *TINY)
PATIENCE = 200  # seconds: a process that does not do what it should is then ended, also on a slow machine
PYTHON_STARTING = (
    "init_sys_streams",
    "Could not import runpy module",
    "Failed to import the site module",
)  # what it says when interrupted
AT_ONCE = 2  # processes that a test of many moments runs side by side


class Watched:
    """`charlm` in a process of its own, from the first line of Python on, and what it says on stderr."""

    def __init__(self, *arguments, **environment):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "charlm", *map(str, arguments)],
            env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
            # shells let what they start in the background ignore it, and so would all that the tests start
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )  # fmt: skip

    def send(self, number):
        self.process.send_signal(number)

    def end(self):
        """Wait for its end; gives its exit code and the rest of what it said."""
        _, said = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, said.decode()


def read_until(descriptor, word):
    shown, deadline = b"", time.monotonic() + PATIENCE
    while word.encode() not in shown:
        assert select.select([descriptor], [], [], max(0, deadline - time.monotonic()))[0], f"{word!r} is not said"
        block = os.read(descriptor, 4096)
        assert block, f"{word!r} was never said: {shown.decode()}"
        shown += block


@pytest.fixture
def begin(charlm_forked, verse):
    """Start an endless training."""
    return partial(charlm_forked, "train", verse, "--run", "endless", *TRAIN)


def last_step(tmp_path):
    return newest_whole(Run(tmp_path / "runs/endless"))[0].step


def test_a_hangup_saves_as_sigterm_does(begin, tmp_path):
    training = begin()
    training.until("saved")
    for _ in range(2):  # the shell and the system both send one
        training.send_signal(signal.SIGHUP)
    _, said = training.communicate()
    assert training.returncode == 128 + signal.SIGHUP
    assert f"Interrupted at step {last_step(tmp_path):,}; everything is saved" in said


def test_a_closed_terminal_saves(begin, tmp_path):
    ours, theirs = os.openpty()
    training = begin(terminal=os.ttyname(theirs), env={"TERM": "xterm"})
    read_until(ours, "saved")
    for descriptor in (theirs, ours):
        os.close(descriptor)
    training.communicate()
    assert training.returncode == 128 + signal.SIGHUP
    assert last_step(tmp_path) > 0


def test_a_hangup_is_left_alone_under_nohup(begin):
    training = begin(ignored=(signal.SIGHUP,))
    training.until("saved")
    training.send_signal(signal.SIGHUP)
    training.send_signal(signal.SIGUSR1)
    training.until("saved")
    training.send_signal(signal.SIGTERM)
    training.communicate()
    assert training.returncode == 128 + signal.SIGTERM


def test_sigusr1_saves_and_goes_on(begin):
    training = begin()
    training.until("saved")
    for _ in range(2):
        training.send_signal(signal.SIGUSR1)
        training.until("saved")
    assert training.poll() is None


@pytest.mark.parametrize(
    "command",
    [("train", "TEXT", "--run", "mine", *TRAIN), ("sample", "tiny", "-n", 10**8), ("eval", "perplexity", "tiny")],
    ids=["train", "sample", "eval"],
)
@pytest.mark.parametrize(("moments", "seconds"), [(5, 0.8), pytest.param(60, 1.5, marks=pytest.mark.slow)])
def test_ctrl_c_at_any_moment_prints_no_traceback(charlm, verse, tmp_path, tiny_run, command, moments, seconds):
    """The moments before the first line of charlm runs belong to Python."""
    chance = random.Random(str(command))
    arguments = [str(verse) if word == "TEXT" else word for word in command]
    places = [tmp_path / str(number) if command[0] == "train" else tiny_run for number in range(moments)]
    times = [chance.uniform(0.05, seconds) for _ in places]
    for first in range(0, moments, AT_ONCE):
        together = sorted(zip(times, places, strict=True))[first : first + AT_ONCE]
        began = time.monotonic()
        started = [Watched(*arguments, CHARLM_RUNS=str(runs)) for _, runs in together]
        for (moment, _), process in zip(together, started, strict=True):
            time.sleep(max(0.0, began + moment - time.monotonic()))
            process.send(signal.SIGINT)
        for process in started:
            code, said = process.end()
            if any(words in said for words in PYTHON_STARTING):  # on a busy machine it takes so long
                continue
            assert code in (128 + signal.SIGINT, -signal.SIGINT, 0), said
            files = re.findall(r'File "([^"]+)"', said)
            assert all("/charlm/" not in file for file in files), said
            assert "bug" not in said
        if command[0] == "train":  # whatever was left behind can be gone on with
            for root in [root for _, root in together if (root / "mine").exists()]:
                last = newest_whole(Run(root / "mine"))[0]
                steps = (last.step if last else 0) + 1
                resumed = charlm("train", "--resume", "--steps", steps, env={"CHARLM_RUNS": root})
                assert resumed.returncode == 0, resumed.stderr


START = """
import os, signal, sys, time
import charlm.signals
from charlm.signals import quiet_interrupts
def interrupt():
    os.kill(os.getpid(), signal.SIGINT)
    print("unreachable")
"""
SWALLOWED = {
    "an import that makes it an error of its own": """
with quiet_interrupts():
    try:
        interrupt()
    except BaseException:
        raise ImportError("initialization failed") from None
""",
    "a finalizer": """
class Deleted:
    def __del__(self):
        interrupt()
with quiet_interrupts():
    one = Deleted()
    del one
    print("unreachable")
""",
    "an import, where C++ may abort or lose it": """
with quiet_interrupts():
    sys.modules["__main__"].interrupt = interrupt
    open("imported.py", "w").write("import __main__; __main__.interrupt()")
    sys.path.insert(0, "")
    try:
        import imported
    except BaseException:
        print("unreachable")
""",
    "a library that goes on": """
charlm.signals.GRACE = 0.1
with quiet_interrupts():
    try:
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException:
        pass
    while True:
        time.sleep(0.01)
""",
}


@pytest.mark.parametrize("code", SWALLOWED.values(), ids=SWALLOWED)
def test_an_interrupt_that_something_swallows_ends_the_process_all_the_same(code, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", START + code], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_other_errors_pass_and_the_handler_is_restored():
    before = signal.getsignal(signal.SIGINT), sys.unraisablehook
    with pytest.raises(ZeroDivisionError), quiet_interrupts():
        raise ZeroDivisionError
    assert (signal.getsignal(signal.SIGINT), sys.unraisablehook) == before


def test_a_stop_records_the_first_signal_and_restores_the_handlers():
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)]
    with Stop() as stop:
        assert not stop.asked()
        os.kill(os.getpid(), signal.SIGUSR1)
        assert stop.save_asked()
        assert not stop.save_asked()
        os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGTERM)  # after a hangup the first that insists
        assert stop.signal == signal.SIGHUP
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)] == before
