"""A training that is interrupted is saved within a step, says how it goes on, and comes to the same bits in the end."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest
import small

from charlm.checkpoint import load_checkpoint
from charlm.checkpoint.series import newest_whole
from charlm.runs import Run
from charlm.signals import Stop
from charlm.training.events import Finished, Saved, Updated
from charlm.training.loop import train

pytestmark = pytest.mark.skipif(os.name == "nt", reason="these are the signals of POSIX")

LONG = 1_000_000  # steps that no test waits for
SMALL = (
    "--seed", 3, "--device", "cpu", "-s", "model.hidden_size=8", "-s", "model.num_layers=1", "-s", "model.dropout=0.2",
    "-s", "training.batch_size=4", "-s", "training.seq_len=16", "-s", "training.precision=fp32",
    "-s", "training.average=0.9", "-s", "training.save_every=0.2s", "-s", "training.validations=1",
    "-s", "training.schedule=constant", "-s", "training.warmup=0",
)  # fmt: skip


# Within one process: any moment between two events


def interrupted(planned, at):
    """Train, send a signal to ourselves after event number `at`; gives the steps made by then and the later events."""
    number, step, later = random.Random(at).choice([signal.SIGINT, signal.SIGTERM]), 0, []
    with Stop() as stop:
        for count, event in enumerate(train(planned, stop=stop.asked)):
            if stop.asked():
                later.append(event)
            elif isinstance(event, Updated):
                step = event.step
            if count == at:
                os.kill(os.getpid(), number)
        assert stop.signal == number
    return step, later


@pytest.mark.parametrize("moments", [10, pytest.param(100, marks=pytest.mark.slow)])
def test_at_any_moment_it_is_saved_within_one_step(verse, tmp_path, moments):
    for at in random.Random(1).choices(range(80), k=moments):
        planned = small.plan(tmp_path, verse, {"validations": 20})
        step, later = interrupted(planned, at)
        finished = next(event for event in later if isinstance(event, Finished))
        assert sum(isinstance(event, Updated) for event in later) <= 1
        assert finished.step <= step + 1
        assert finished.reason in ("signal", "length")
        assert newest_whole(planned.run)[0].step == finished.step
        assert all(load_checkpoint(event.path).step == event.step for event in later if isinstance(event, Saved))


# Through the command line


def start(verse, tmp_path, *more):
    """A training in a new process."""
    command = [sys.executable, "-m", "charlm", "train", str(verse), *map(str, ("--steps", LONG, *SMALL, *more))]
    environment = {**os.environ, "CHARLM_RUNS": str(tmp_path / "runs"), "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(process, word):
    for line in process.stderr:
        if word in line:
            return
    raise AssertionError(f"{word!r} was never said")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_interrupted_and_resumed_is_as_uninterrupted(charlm, charlm_forked, verse, tmp_path, number):
    process = charlm_forked("train", verse, "--steps", LONG, *SMALL, "--run", "long")
    process.until("saved")
    time.sleep(random.Random(number).uniform(0, 0.2))
    process.send_signal(number)
    _, said = process.communicate()
    run = Run(tmp_path / "runs/long")
    step = newest_whole(run)[0].step
    assert step > 0
    if number == signal.SIGKILL:
        assert process.returncode == -signal.SIGKILL
    else:
        assert process.returncode == 128 + number
        assert f"Interrupted at step {step:,}; everything is saved" in said
        assert said.rstrip().endswith("charlm train --resume long")
    assert charlm("train", "--resume", "long", "--dry-run").returncode == 0
    end = step + 30
    for command in (("--resume",), (verse, "--run", "whole", *SMALL)):  # the newest run is gone on with
        result = charlm("train", *command, "--steps", end, "--json")
        assert result.returncode == 0, result.stderr
        assert json.loads(result.stdout)["step"] == end
    assert small.differences(small.contents(run), small.contents(Run(tmp_path / "runs/whole"))) == []
    rows = [json.loads(line) for line in (run.folder / "metrics.jsonl").read_text().splitlines()]
    steps = [row["step"] for row in rows if row["event"] == "updated"]
    assert steps == sorted(set(steps))


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_hundred_moments_through_the_command_line(verse, tmp_path):
    chance = random.Random(4)
    for moment in range(100):
        number = chance.choice([signal.SIGINT, signal.SIGTERM])
        process = start(verse, tmp_path, "--run", f"long-{moment}")
        wait_for(process, "saved" if moment % 2 else "text")
        time.sleep(chance.uniform(0, 2))
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
        assert "Traceback" not in said
        run = Run(tmp_path / f"runs/long-{moment}")
        if run.checkpoints:
            assert process.returncode == 128 + number
            assert f"charlm train --resume long-{moment}" in said
            checkpoint, wrong = newest_whole(run)
            assert not wrong
            assert f"Interrupted at step {checkpoint.step:,}" in said
        else:  # before there was anything to save
            assert process.returncode in (128 + number, -number), said


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("moments", [4, pytest.param(50, marks=pytest.mark.slow)])
def test_a_kill_at_any_moment_leaves_a_name_that_can_be_gone_on_with(charlm, charlm_forked, verse, tmp_path, moments):
    """What each message advises leads to a training or to a sample."""
    chance = random.Random(5)
    for moment in range(moments):
        name = f"killed-{moment}"
        process = charlm_forked("train", verse, "--steps", LONG, *SMALL, "--run", name)
        time.sleep(chance.uniform(0, 1))
        process.kill()
        process.communicate()
        run = Run(tmp_path / "runs" / name)
        if not run.folder.exists():  # nothing is left behind, not even a name
            assert charlm("train", verse, "--run", name, *SMALL, "--steps", 1).returncode == 0
            continue
        taken = charlm("train", verse, "--run", name, *SMALL)
        assert taken.returncode == 4
        assert f"charlm train --resume {name}" in taken.stderr
        sampled = charlm("sample", name, "-n", 3)
        assert sampled.returncode == 0 or f"charlm train --resume {name}" in sampled.stderr
        step = newest_whole(run)[0].step if run.checkpoints else 0
        resumed = charlm("train", "--resume", name, "--steps", step + 2, "--json")
        assert json.loads(resumed.stdout)["step"] == step + 2, resumed.stderr
        assert charlm("sample", name, "-n", 3).returncode == 0


def test_a_second_signal_ends_it_at_once(charlm_forked, verse, tmp_path):
    slow = ("-s", "training.accumulate=4096", "-s", "training.seq_len=64")  # one step takes many seconds
    process = charlm_forked("train", verse, "--steps", LONG, *SMALL, "--run", "slow", *slow)
    process.until("parameters")
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert process.poll() is None  # it is still in the step, which it wants to end
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode == 128 + signal.SIGINT
    assert "Interrupted at step" not in said  # as it says when the step is done and saved
    assert not Run(tmp_path / "runs/slow").checkpoints
