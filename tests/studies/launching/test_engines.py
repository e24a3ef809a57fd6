"""The engines for real, each in its local form: whatever is killed, the report is that of a run in one process.

Each test starts charlm as a user does, and takes a minute of processor time or less.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest
from command_line import in_this_process

from charlm.studies.claims import Claims
from charlm.studies.results import StudyFolder

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name == "nt", reason="these are the signals of POSIX")]

CLOCK = ("seconds", "characters_per_second")
TRAINING = {"batch_size": 4, "seq_len": 16, "validations": 2, "sample_length": 0, "device": "cpu"}
STUDY = {
    "name": "tiny", "question": "does it run", "baseline": "lstm", "seeds": [1, 2, 3], "budget": {"steps": 500},
    "variants": {"lstm": {"model": {"cell": "lstm"}}, "rnn": {"model": {"cell": "rnn"}}},
}  # fmt: skip
CHOOSE = {"setting": "training.learning_rate", "values": [1e-3, 1e-2], "budget_share": 0.5}


@pytest.fixture(scope="module")
def place(tmp_path_factory, verse):
    """A folder with the study, and the same with candidates, and their environment."""
    folder = tmp_path_factory.mktemp("engines")
    base = {"model": {"hidden_size": 8}, "training": TRAINING, "text": {"sources": [str(verse)]}}
    (folder / "tiny.yaml").write_text(json.dumps(STUDY | {"base": base}))
    (folder / "choosing.yaml").write_text(json.dumps(STUDY | {"base": base, "choose": CHOOSE, "name": "choosing"}))
    cache = tmp_path_factory.getbasetemp() / "cache"
    return folder, {"CHARLM_RUNS": str(folder / "runs"), "CHARLM_CACHE": str(cache)}


@pytest.fixture(scope="module")
def expected(place):
    """The report of the study as one process trains it."""
    return of_one_process(place, "tiny")


def of_one_process(place, study):
    folder, environment = place
    done = in_this_process("study", "run", f"{study}.yaml", "--name", f"{study}-whole", env=environment, cwd=folder)
    assert done.returncode == 0, done.stderr
    return reported(place, f"{study}-whole")


def reported(place, name):
    folder, environment = place
    done = in_this_process("study", "report", name, "--json", env=environment, cwd=folder)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    for group in report["groups"]:
        group["rows"] = [{key: row[key] for key in row if key not in CLOCK} for row in group["rows"]]
    return report | {"study": "tiny"}


@contextlib.contextmanager
def started(place, *arguments):
    """A charlm in a session of its own, as a terminal would start it; it is killed at the end."""
    folder, environment = place
    with subprocess.Popen(
        [sys.executable, "-m", "charlm", *map(str, arguments)], cwd=folder, env={**os.environ, **environment},
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def run(place, name, *options, study="tiny"):
    """The arguments of a run of the study under that name, and its folder."""
    home = StudyFolder(place[0] / "runs/studies" / name)
    return ("study", "run", f"{study}.yaml", "--name", name, *options), home


def finish(place, *arguments):
    with started(place, *arguments) as process:
        _, said = process.communicate(timeout=220)
    assert process.returncode == 0, said
    return said


def until(condition):
    last = time.monotonic() + 60
    while not (found := condition()):
        assert time.monotonic() < last
        time.sleep(0.02)
    return found


def training(home, other_than=()):
    """The process that is in the middle of a training just now, by its claim; None if there is none."""
    claims = Claims(home.work)
    for path in sorted(home.work.glob("*.claim-*")):
        claim = claims.latest(path.name.rpartition(".claim-")[0])
        metrics = home.folder / path.name.rpartition(".claim-")[0] / "metrics.jsonl"
        if claim.held and claim.pid not in other_than and metrics.exists() and is_alive(claim.pid):
            return claim.pid
    return None


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def is_gone(pid):
    return not is_alive(pid)


def test_processes_here_of_which_two_are_killed(place):
    arguments, home = run(place, "killed-jobs", "--engine", "local", "--at-once", "2", study="choosing")
    with started(place, *arguments) as process:
        killed = []
        for _ in range(2):
            killed.append(until(lambda: training(home, killed)))
            os.kill(killed[-1], signal.SIGKILL)
        _, said = process.communicate(timeout=220)
    assert process.returncode == 0, said
    assert said.count("again, since it was stopped") == 2
    assert reported(place, "killed-jobs") == of_one_process(place, "choosing")


def test_a_command_that_is_killed_leaves_nothing_running_and_is_repeated(place, expected):
    arguments, home = run(place, "killed-command", "--engine", "local", "--at-once", "2")
    with started(place, *arguments) as process:
        jobs = {until(lambda: training(home))}
        jobs.add(until(lambda: training(home, jobs)))
        process.kill()
        process.wait()
        until(lambda: all(map(is_gone, jobs)))
    assert not any(Claims(home.work).latest(name).held for name in ("lstm.s1", "rnn.s1"))
    finish(place, *arguments)
    assert reported(place, "killed-command") == expected


@pytest.mark.parametrize("engine", [("local",), ("dask",), ("slurm", "--slurm", "cluster=local")])
def test_ctrl_c_ends_all_and_the_command_says_how_to_go_on(place, expected, engine):
    arguments, home = run(place, f"interrupted-{engine[0]}", "--engine", engine[0], "--at-once", "2", *engine[1:])
    with started(place, *arguments) as process:
        jobs = {until(lambda: training(home))}
        jobs.add(until(lambda: training(home, jobs)))
        os.killpg(process.pid, signal.SIGINT)  # as a terminal sends it: to all processes of its session
        _, said = process.communicate(timeout=120)
        until(lambda: all(map(is_gone, jobs)))
    assert process.returncode == 130, said
    assert "everything is saved" in said
    assert f"Go on with: charlm {' '.join(arguments)}" in said
    assert "Traceback" not in said
    assert len(home.results()) < 6
    finish(place, *arguments)
    assert reported(place, f"interrupted-{engine[0]}") == expected


def test_workers_join_and_are_killed_at_random_moments(place, expected):
    """Five kills of a worker beside a command that waits for it, each up to half a second into a training."""
    arguments, home = run(place, "workers", "--engine", "folder", "--at-once", "1")
    draw = random.Random(7)
    with started(place, *arguments) as command:
        ours = {until(lambda: training(home))}
        for _ in range(5):
            with started(place, "study", "work", home.folder, "--beat", "0.5") as worker:
                until(lambda: training(home, ours) or len(home.results()) == 6)
                time.sleep(draw.random() / 2)
                worker.kill()
            if len(home.results()) == 6:
                break
        _, said = command.communicate(timeout=220)
    assert command.returncode == 0, said
    assert f"join with: charlm study work {home.folder}" in said
    assert reported(place, "workers") == expected


def test_slurm_s_preemption_puts_a_job_back_and_it_resumes(place, expected):
    """submitit's local cluster, which gives the signal that Slurm gives."""
    from charlm.cli.study_engines import job_of
    from charlm.studies.launching.on_slurm import SlurmEngine

    _, environment = place
    arguments, home = run(place, "preempted", "--engine", "slurm", "--slurm", "cluster=local", "--at-once", "1")
    with started(place, *arguments) as process:  # begins the study
        until(lambda: training(home))
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=120)
    name = next(job for job in ("lstm.s1", "rnn.s1") if not home.has(job))
    with SlurmEngine(home.work / "slurm", {"cluster": "local"}, 1) as engine:
        handle = engine.start(job_of(home, name, environment))
        first = until(lambda: training(home))
        handle._job._interrupt()
        until(lambda: is_gone(first))
        second = until(lambda: training(home, {first}) or home.has(name))
        assert first != second, "it is a new process"
        ended = until(handle.poll)
    assert ended.code == 0, ended.said
    assert home.has(name)
    finish(place, *arguments)
    assert reported(place, "preempted") == expected


def test_a_dask_worker_that_is_killed_loses_nothing(place, expected):
    arguments, home = run(place, "dask-killed", "--engine", "dask", "--at-once", "2")
    with started(place, *arguments) as process:
        job = until(lambda: training(home))
        with open(f"/proc/{job}/stat") as file:  # noqa: PTH123
            worker = int(file.read().rpartition(")")[2].split()[1])
        assert worker != process.pid
        os.kill(worker, signal.SIGKILL)
        until(lambda: is_gone(job))
        _, said = process.communicate(timeout=220)
    assert process.returncode == 0, said
    assert "Traceback" not in said
    assert reported(place, "dask-killed") == expected


def test_a_dask_scheduler_that_dies_is_told_and_another_goes_on(place, expected):
    """Over the network of this machine, with a scheduler and a worker as a user starts them."""
    arguments, home = run(place, "scheduler", "--engine", "dask", "--scheduler")
    with dask(place, "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard") as scheduler:
        address = next(line for line in scheduler.stderr if "Scheduler at" in line).split()[-1]
        with dask(place, "worker", address, "--nthreads", "1", "--nworkers", "2", "--no-dashboard"):
            with started(place, *arguments, address) as process:
                job = until(lambda: training(home))
                scheduler.kill()
                _, said = process.communicate(timeout=120)
            assert process.returncode == 1, said
            assert "The Dask scheduler is gone" in said
            assert address in said
            assert "Traceback" not in said
        until(lambda: is_gone(job))
    refused = [*map(str, arguments), address]
    with started(place, *refused) as process:
        _, said = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "No Dask scheduler answers" in said
    finish(place, *run(place, "scheduler", "--engine", "local", "--at-once", "2")[0])
    assert reported(place, "scheduler") == expected


@contextlib.contextmanager
def dask(place, *arguments):
    folder, environment = place
    with subprocess.Popen(
        [sys.executable, "-m", "dask", *arguments], cwd=folder, env={**os.environ, **environment},
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            os.killpg(process.pid, signal.SIGKILL)
