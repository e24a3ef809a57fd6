"""Signals: Ctrl-C at any moment is quiet, a closed terminal saves, and SIGUSR1 asks for a checkpoint."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time

import pytest

from charlm import cli
from charlm.checkpoint.series import newest_whole
from charlm.runs import Run
from charlm.signals import Stop, quiet_interrupts
from charlm.studies import preparing, report, running, search
from charlm.training.events import Saved

pytestmark = pytest.mark.skipif(os.name == "nt", reason="these are the signals of POSIX")

TINY = (
    "--device", "cpu", "-s", "model.hidden_size=8", "-s", "model.num_layers=1", "-s", "training.batch_size=4",
    "-s", "training.seq_len=16", "-s", "training.validations=1", "-s", "training.sample_length=0",
)  # fmt: skip
TRAIN = ("--steps", 1_000_000, *TINY)


@pytest.fixture
def start(tmp_path):
    """Start `charlm` in a process of its own, which the test ends."""
    started = []

    def start(*arguments, before=None, **environment):
        process = subprocess.Popen(
            [sys.executable, "-m", "charlm", *map(str, arguments)],
            env={**os.environ, "CHARLM_RUNS": str(tmp_path / "runs"), "PYTHONUNBUFFERED": "1", **environment},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
            # shells let what they start in the background ignore it, and so would all that the tests start
            preexec_fn=lambda: (signal.signal(signal.SIGINT, signal.SIG_DFL), before and before()),
        )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def wait_for(process, word):
    for line in process.stderr:
        if word in line:
            return
    raise AssertionError(f"{word!r} was never said")


def test_a_hangup_saves_as_sigterm_does(start, charlm, verse, tmp_path):
    process = start("train", verse, "--run", "mine", *TRAIN)
    wait_for(process, "saved")
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGHUP)  # the shell and the system both send one
    _, said = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGHUP
    step = newest_whole(Run(tmp_path / "runs/mine"))[0].step
    assert f"Interrupted at step {step:,}; everything is saved" in said


def test_a_closed_terminal_saves(verse, tmp_path):
    import pty

    child, terminal = pty.fork()
    if not child:
        os.environ.update(CHARLM_RUNS=str(tmp_path / "runs"), TERM="xterm")
        os.execv(
            sys.executable, [sys.executable, "-m", "charlm", "train", str(verse), "--run", "mine", *map(str, TRAIN)]
        )
    shown = b""
    while b"saved" not in shown:
        shown += os.read(terminal, 4096)
    os.close(terminal)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 128 + signal.SIGHUP
    assert newest_whole(Run(tmp_path / "runs/mine"))[0].step > 0


def test_a_hangup_is_left_alone_under_nohup(start, verse, tmp_path):
    process = start(
        "train", verse, "--run", "mine", *TRAIN, before=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)
    )
    wait_for(process, "saved")
    process.send_signal(signal.SIGHUP)
    time.sleep(0.3)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM


def test_sigusr1_saves_and_goes_on(start, verse, tmp_path):
    process = start("train", verse, "--run", "mine", *TRAIN, "-s", "training.save_every=1h")
    wait_for(process, "saved")
    process.send_signal(signal.SIGUSR1)
    wait_for(process, "saved")
    assert process.poll() is None


@pytest.mark.parametrize(
    "command",
    [("train", "TEXT", "--run", "mine", *TRAIN), ("sample", "tiny", "-n", 10**8), ("eval", "perplexity", "tiny")],
    ids=["train", "sample", "eval"],
)
@pytest.mark.parametrize("moments", [5, pytest.param(60, marks=pytest.mark.slow)])
def test_ctrl_c_at_any_moment_prints_no_traceback(start, verse, tmp_path, tiny_run, command, moments):
    """The moments before the first line of charlm runs belong to Python."""
    chance = random.Random(str(command))
    arguments = [str(verse) if word == "TEXT" else word for word in command]
    for number in range(moments):
        runs = str(tmp_path / str(number)) if command[0] == "train" else str(tiny_run)
        process = start(*arguments, CHARLM_RUNS=runs)
        time.sleep(chance.uniform(0.05, 1.5))
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        assert process.returncode in (128 + signal.SIGINT, -signal.SIGINT, 0), said
        files = re.findall(r'File "([^"]+)"', said)
        assert all("/charlm/" not in file for file in files), said
        assert "bug" not in said
        run = Run(tmp_path / str(number) / "mine")
        if command[0] == "train" and run.folder.exists():  # whatever was left behind can be gone on with
            last = newest_whole(run)[0]
            done = start("train", "--resume", "--steps", (last.step if last else 0) + 1, CHARLM_RUNS=runs)
            _, said = done.communicate(timeout=60)
            assert done.returncode == 0, said


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


def test_sigusr1_between_the_trainings_of_a_study_neither_ends_it_nor_is_lost(charlm, verse, tmp_path, monkeypatch):
    base = {
        "model": {"hidden_size": 8},
        "training": {"batch_size": 4, "seq_len": 16, "device": "cpu", "validations": 1},
    }
    study = {
        "name": "two", "question": "does it last", "base": {**base, "text": {"sources": [str(verse)]}},
        "variants": {"lstm": {"model": {"cell": "lstm"}}, "rnn": {"model": {"cell": "rnn"}}}, "baseline": "lstm",
        "seeds": [1, 2, 3], "budget": {"steps": 3}, "measure": "valid",
    }  # fmt: skip
    (tmp_path / "study.yaml").write_text(json.dumps(study))
    asked = _ask_before(monkeypatch, running, "train_run")
    for module, name in ((preparing, "prepare_trials"), (report, "make_report")):  # before the first, after the last
        _ask_before(monkeypatch, module, name)
    done = charlm("study", "run", "study.yaml", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["runs"] == 6
    assert asked == [[1, 3]] * 6, "each training saves at its first step"


def test_sigusr1_between_the_trainings_of_a_search_neither_ends_it_nor_is_lost(charlm, verse, tmp_path, monkeypatch):
    base = {"text.sources": [str(verse)], "training.steps": 3, "training.device": "cpu", "training.validations": 1}
    choices = {"model.hidden_size": [8, 12]}
    described = {"name": "small", "preset": "quick", "base": base, "choices": choices}
    (tmp_path / "search.yaml").write_text(json.dumps(described))
    asked = _ask_before(monkeypatch, search, "train_run")
    for name in ("open_search", "append_row"):  # before the first, and between two of them
        _ask_before(monkeypatch, search, name)
    done = charlm("study", "search", "search.yaml", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["search"] == "small"
    assert asked == [[1, 3]] * 2


def _ask_before(monkeypatch, module, name):
    """Send SIGUSR1 to this process before each call. Gives, for each training, the steps at which it saved."""
    real, saved = getattr(module, name), []

    def asking(*arguments):
        os.kill(os.getpid(), signal.SIGUSR1)
        if name != "train_run":
            return real(*arguments)
        saved.append([])

        def watched(*given):
            (event,) = given[-1:]
            if isinstance(event, Saved):
                saved[-1].append(event.step)
            return arguments[3](*given)

        return real(*arguments[:3], watched, *arguments[4:])

    monkeypatch.setattr(module, name, asking)
    return saved


@pytest.mark.parametrize("command", [("runs", "list"), ("data", "list")])
def test_sigusr1_ends_no_command_that_trains_nothing(charlm, monkeypatch, command):
    """The system would end the process."""
    before = signal.getsignal(signal.SIGUSR1)
    _ask_before(monkeypatch, cli, "_invoked")
    assert charlm(*command).returncode == 0
    assert signal.getsignal(signal.SIGUSR1) is before


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
