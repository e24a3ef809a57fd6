"""`charlm study run --engine` through the real command line. tests/studies/ has the engines themselves."""

from __future__ import annotations

import importlib.util
import json
import sys

import pytest

from charlm.cells import own_files
from charlm.cli import study_engines
from charlm.studies.launching import on_dask
from charlm.studies.launching.jobs import Job
from charlm.studies.results import StudyFolder

# What a job does here: it leaves the line of its run, without what takes long to import.
LINE = """
import json, os, sys
name = sys.argv[2]
variant, _, seed = name.partition(".s")
row = {"variant": variant, "levels": {}, "seed": int(seed), "measure": "valid", "nats": 1.5, "parameters": 9,
       "hidden_size": 4, "run": name, "diverged": False, "threads": os.environ.get("OMP_NUM_THREADS")}
if name == "rnn.s3" and not os.path.exists(sys.argv[1] + "/mended"):
    sys.exit("charlm: rnn.s3.json could not be written: The disk is full\\n/mnt/shared\\nMake room.")
open(f"{sys.argv[1]}/work/{name}.json", "w").write(json.dumps(row))
"""


@pytest.fixture
def write(tmp_path, verse):
    def written(**changes):
        study = {
            "name": "tiny", "question": "does it run", "base": {"text": {"sources": [str(verse)]}}, "baseline": "lstm",
            "variants": {"lstm": {"model": {"cell": "lstm"}}, "rnn": {"model": {"cell": "rnn"}}},
            "seeds": [1, 2, 3], "budget": {"steps": 5},
        }  # fmt: skip
        path = tmp_path / "tiny.yaml"
        path.write_text(json.dumps(study | changes))
        return path

    return written


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The folder of the study, whose jobs only leave lines."""
    folder = tmp_path / "runs" / "studies" / "tiny"
    (folder / "work").mkdir(parents=True)

    def quick(home, name, environment):
        return Job(name, ("-I", "-S", "-c", LINE, str(folder), name), "/", environment)

    monkeypatch.setattr(study_engines, "job_of", quick)
    return StudyFolder(folder)


def test_a_study_runs_in_processes_and_what_failed_is_told_and_repeated(charlm, write, home, monkeypatch):
    file = write()
    failed = charlm("study", "run", file, "--engine", "local", "--at-once", "2")
    assert failed.returncode == 1
    lines = failed.stderr.splitlines()
    assert {"running  lstm, seed 1", "running  rnn, seed 3"} <= set(lines)
    assert "failed  rnn, seed 3  rnn.s3.json could not be written: The disk is full" in lines
    assert "1 of 6 runs failed, 5 are finished: rnn.s3" in failed.stderr
    assert "Make room." in failed.stderr
    assert f"go on with: charlm study run {file} --engine local --at-once 2" in failed.stderr
    assert "Traceback" not in failed.stderr
    (home.folder / "mended").touch()
    done = charlm("study", "run", file, "--at-once", "2")
    assert done.returncode == 0, done.stderr
    assert "running  lstm" not in done.stderr, "what is finished is not run again"
    assert "1.5000 nats" in done.stdout or "1.5000" in done.stdout
    listed = [json.loads(line) for line in (home.folder / "results.jsonl").read_text().splitlines()]
    assert [row["run"] for row in listed].count("rnn.s3") == 1
    assert len(listed) == 6
    assert {row["threads"] for row in listed} == {"1"}, (
        "two share the cores, and no more than the user's OMP_NUM_THREADS"
    )


def test_a_job_may_run_the_files_of_cells_that_the_user_has_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(own_files, "_trusted", {})
    (tmp_path / "mycell.py").write_text("x = 1\n")
    own_files.trust("mycell.py")
    job = study_engines.job_of(StudyFolder(tmp_path / "tiny"), "lstm.s1", {"OMP_NUM_THREADS": "2"})
    assert job.environment == {"OMP_NUM_THREADS": "2", own_files.VARIABLE: str(tmp_path / "mycell.py")}
    assert job.arguments == ("-m", "charlm", "study", "work", str(tmp_path / "tiny"), "--only", "lstm.s1")
    assert job.folder == str(tmp_path)


def test_a_study_by_the_clock_runs_one_at_a_time_unless_asked_and_says_what_more_means(charlm, write, home):
    (home.folder / "mended").touch()
    file = write(budget={"seconds": 1.0})
    done = charlm("study", "run", file, "--engine", "local", "--at-once", "2")
    assert done.returncode == 0, done.stderr
    assert "2 trainings share this machine" in done.stderr
    alone = charlm("study", "run", file, "--name", "tiny", "--engine", "local")
    assert "share this machine" not in alone.stderr
    shared = charlm("study", "run", file, "--engine", "folder")
    assert "cannot be compared" in shared.stderr
    assert f"charlm study work {home.folder}" in shared.stderr


@pytest.mark.parametrize(
    ("budget", "measure", "at_once"),
    [({"steps": 5}, "valid", 2), ({"seconds": 1.0}, "valid", 1), ({"steps": 5}, "cost", 1)],
)
def test_how_many_run_at_once_by_default(write, home, monkeypatch, budget, measure, at_once):
    from charlm.studies.study_files import open_study

    monkeypatch.setattr("charlm.machine.cores", lambda: 2)
    opened = open_study(str(write(budget=budget, measure=measure)))
    engine, _ = study_engines.chosen_engine("local", opened, home, None, None, None)
    assert engine.at_once == at_once


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--at-once", "0"], "from 1 to 1,024"),
        (["--scheduler", "tcp://localhost:1"], "belongs to --engine dask"),
        (["--engine", "local", "--slurm", "time=60"], "belongs to --engine slurm"),
        (["--engine", "slurm", "--slurm", "time"], "no KEY=VALUE"),
        (["--engine", "ray"], "ray"),
    ],
)
def test_options_that_do_not_go_together(charlm, write, tmp_path, options, message):
    done = charlm("study", "run", write(), *options)
    assert done.returncode == 2
    assert message in done.stderr
    assert not (tmp_path / "runs").exists(), "nothing was begun"


@pytest.mark.parametrize(
    ("engine", "package", "extra"), [("slurm", "submitit", "slurm"), ("dask", "distributed", "dask")]
)
def test_an_engine_whose_package_is_missing_names_what_to_install(charlm, write, monkeypatch, engine, package, extra):
    find = importlib.util.find_spec
    for module in (on_dask, sys.modules["charlm.studies.launching.on_slurm"]):
        monkeypatch.setattr(module, "find_spec", lambda name: None if name == package else find(name))
    done = charlm("study", "run", write(), "--engine", engine)
    assert done.returncode == 2
    assert package in done.stderr
    assert f"pip install 'charlm-rnn[{extra}]'" in done.stderr


def test_a_machine_without_slurm(charlm, write, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    done = charlm("study", "run", write(), "--engine", "slurm")
    assert done.returncode == 2
    assert "it has no sbatch" in done.stderr
    assert "--engine folder" in done.stderr


def test_a_parameter_that_slurm_lacks(charlm, write):
    done = charlm("study", "run", write(), "--engine", "slurm", "--slurm", "cluster=local", "--slurm", "tiem=60")
    assert done.returncode == 2
    assert "tiem" in done.stderr
    assert len(done.stderr.splitlines()) <= 3
