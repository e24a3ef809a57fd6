"""Workers that share a study's folder: whoever trains its runs, and whoever is killed, its report is the same."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import time
from pathlib import Path

import pytest

from charlm.cli.study_work import cells_of
from charlm.runs import Run, lock_run, replace_text
from charlm.studies.choosing import CandidateStarted
from charlm.studies.claim_file import Claim, create_claim, parse_claim
from charlm.studies.claims import Claims
from charlm.studies.grid import make_alternatives
from charlm.studies.results import StudyFolder
from charlm.studies.running import TrialFinished, TrialStarted, TrialTraining, prepare_study
from charlm.studies.study_files import open_study
from charlm.studies.working import WorkEnded, WorkersAwaited, work, work_on
from charlm.training.events import Started

CLOCK = ("seconds", "characters_per_second")  # in a report; all else must be equal to the last bit


@pytest.fixture
def write(tmp_path, verse):
    """Write a study of six runs, with some changes; JSON is YAML."""

    def written(steps=60, **changes):
        training = {"batch_size": 4, "seq_len": 16, "validations": 1, "sample_length": 0, "device": "cpu"}
        base = {"model": {"hidden_size": 8}, "training": training, "text": {"sources": [str(verse)]}}
        study = {
            "name": "tiny", "question": "does it run", "base": base, "baseline": "lstm", "seeds": [1, 2, 3],
            "variants": {"lstm": {"model": {"cell": "lstm"}}, "rnn": {"model": {"cell": "rnn"}}},
            "budget": {"steps": steps},
        }  # fmt: skip
        path = tmp_path / "tiny.yaml"
        path.write_text(json.dumps(study | changes))
        return path

    return written


def begun(file, folder):
    """The folder of the study in that file, in which nothing is trained yet."""
    folder.mkdir(parents=True)
    home = StudyFolder(folder)
    home.begin(open_study(str(file)))
    return home


def prepared(home):
    return prepare_study(home.study(), make_alternatives(home.study(), "here"), home.folder, "here")


def reported(charlm, folder):
    """The report of a study without what a clock has measured."""
    done = charlm("study", "report", folder, "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    for group in report["groups"]:
        group["rows"] = [{key: row[key] for key in row if key not in CLOCK} for row in group["rows"]]
    return report | {"study": "tiny"}


def until(condition):
    last = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < last
        time.sleep(0.005)


def test_two_workers_share_a_study_and_one_that_is_killed_loses_nothing(charlm, charlm_forked, write, tmp_path):
    """The first saves in the middle of a run and is killed there; the second resumes it, and the report is the same."""
    file = write(steps=60)
    whole = charlm("study", "run", file, "--name", "whole")
    assert whole.returncode == 0, whole.stderr
    home = begun(file, tmp_path / "shared" / "tiny")
    first = charlm_forked("study", "work", home.folder)
    until(lambda: home.has("lstm.s1") and Run(home.folder / "rnn.s1").metrics.exists())
    first.send_signal(signal.SIGUSR1)
    until(lambda: Run(home.folder / "rnn.s1").pointed("last"))
    first.kill()
    first.communicate()
    assert first.returncode == -signal.SIGKILL
    assert not home.has("rnn.s1")
    resumed = {
        event.prepared.name: event.event.resumed_at
        for event in work(prepared(home), home, Claims(home.work), lambda: False)
        if isinstance(event, TrialTraining) and isinstance(event.event, Started)
    }
    assert list(resumed) == ["rnn.s1", "lstm.s2", "rnn.s2", "lstm.s3", "rnn.s3"]
    assert 0 < resumed.pop("rnn.s1") < 60
    assert set(resumed.values()) == {None}
    assert reported(charlm, home.folder) == reported(charlm, "whole")
    claims = Claims(home.work)
    assert {claims.latest(name).pid for name in ("rnn.s1", "lstm.s3")} == {os.getpid()}
    assert claims.latest("lstm.s1").pid == first.pid
    assert {path.name[-1] for path in home.work.glob("*.claim-*")} == {"1", "2"}


def test_workers_at_once_share_the_runs(charlm, charlm_forked, write, tmp_path):
    home = begun(write(steps=30), tmp_path / "tiny")
    other = charlm_forked("study", "work", home.folder)
    until(lambda: list(home.work.glob("*.claim-1")))
    mine = charlm("study", "work", home.folder)
    other.communicate()
    assert (mine.returncode, other.returncode) == (0, 0), mine.stderr
    assert "6 of 6 runs are finished: charlm study report" in mine.stderr
    assert len(home.results()) == 6
    claims = [parse_claim(path.read_bytes()) for path in home.work.glob("*.claim-1")]
    assert {claim.pid for claim in claims} == {os.getpid(), other.pid}


def test_a_worker_that_is_stopped_says_how_to_go_on(charlm_forked, write, tmp_path):
    home = begun(write(steps=10**6), tmp_path / "tiny")
    worker = charlm_forked("study", "work", home.folder)
    until(lambda: Run(home.folder / "lstm.s1").metrics.exists())
    worker.send_signal(signal.SIGINT)
    _, said = worker.communicate()
    assert worker.returncode == 130
    assert "0 of 6 runs finished; everything is saved" in said
    assert f"Go on with: charlm study work {home.folder}" in said
    assert not Claims(home.work).latest("lstm.s1").held
    assert Run(home.folder / "lstm.s1").pointed("last")


def test_a_worker_takes_over_from_another_machine_after_three_beats(write, tmp_path):
    home = begun(write(steps=3), tmp_path / "tiny")
    study = prepared(home)
    home.work.mkdir()
    for key in ("lstm.s2", "lstm.s3", "rnn.s1", "rnn.s2", "rnn.s3"):  # finished by others
        home.put(key, {"variant": key[:-3], "levels": {}, "seed": int(key[-1])})
    create_claim(home.work / "lstm.s1.claim-1", Claim(machine="far", host="nas2", pid=7, beat=0.1))
    events = list(work(study, home, Claims(home.work), lambda: False))
    assert WorkersAwaited((("lstm.s1", "process 7 on nas2"),)) in events
    assert [event.prepared.name for event in events if isinstance(event, TrialStarted)] == ["lstm.s1"]
    assert events[-1] == WorkEnded(False, 6, 6)
    assert (home.work / "lstm.s1.claim-2").exists()


def test_a_run_that_a_hanging_process_still_locks_is_left_until_later(write, tmp_path):
    """Its claim is stale, but a disk whose locks all machines see says that it lives."""
    home = begun(write(steps=3), tmp_path / "tiny")
    study, claims = prepared(home), Claims(home.work)
    (home.folder / "lstm.s1").mkdir()
    replace_text(home.folder / "lstm.s1" / "run.json", "{}")
    started = []
    with lock_run(Run(home.folder / "lstm.s1")):
        for event in work(study, home, claims, lambda: len(home.results()) == 5):
            if isinstance(event, TrialStarted):
                started.append(event.prepared.name)
    assert started == ["lstm.s1", "rnn.s1", "lstm.s2", "rnn.s2", "lstm.s3", "rnn.s3"]
    assert event == WorkEnded(True, 5, 6)


def test_candidates_come_before_the_trials_that_they_decide(write, tmp_path):
    choose = {"setting": "training.learning_rate", "values": [1e-5, 2e-2], "budget_share": 0.5}
    home = begun(write(steps=6, choose=choose), tmp_path / "tiny")
    events = list(work(prepared(home), home, Claims(home.work), lambda: False))
    order = [type(event).__name__ for event in events if isinstance(event, CandidateStarted | TrialStarted)]
    assert order == ["CandidateStarted"] * 4 + ["TrialStarted"] * 6
    assert [row["number"] for row in home.choices() if row["variant"] == "rnn"] == [1, 2]
    assert {row["chosen"] for row in home.results()} <= set(choose["values"])
    home.collect()
    home.collect()
    assert len((home.folder / "results.jsonl").read_text().splitlines()) == 6
    assert len((home.folder / "choices.jsonl").read_text().splitlines()) == 4


def test_one_job_alone_and_what_is_not_one(charlm, write, tmp_path):
    home = begun(write(steps=3), tmp_path / "tiny")
    assert charlm("study", "work", home.folder, "--only", "rnn.s2").returncode == 0
    assert [row["run"] for row in home.results()] == ["rnn.s2"]
    assert charlm("study", "work", home.folder, "--only", "rnn.s2").returncode == 0
    wrong = charlm("study", "work", home.folder, "--only", "rnn.s9")
    assert wrong.returncode == 2
    assert "There are: lstm.s1, rnn.s1, lstm.s2" in wrong.stderr
    with Claims(home.work).hold("lstm.s1"):
        busy = charlm("study", "work", home.folder, "--only", "lstm.s1")
    assert busy.returncode == 7
    assert f"lstm.s1 is being trained by process {os.getpid()}" in busy.stderr
    events = list(work_on("lstm.s1", prepared(home), home, Claims(home.work), lambda: True))
    assert events[-1] == WorkEnded(True, 1, 6)
    first = next(work(prepared(home), home, Claims(home.work), lambda: True))
    assert isinstance(first, TrialFinished)
    assert (first.prepared.name, first.is_new) == ("rnn.s2", False), "what others have finished is an event too"


def test_a_run_in_this_process_is_not_trained_beside_a_worker(charlm, write, tmp_path):
    file, home = write(steps=3), begun(write(steps=3), tmp_path / "runs" / "studies" / "tiny")
    with Claims(home.work).hold("rnn.s1"):
        busy = charlm("study", "run", file)
    assert busy.returncode == 7
    assert "charlm study work" in busy.stderr
    assert [row["run"] for row in home.results()] == ["lstm.s1"]
    assert charlm("study", "work", "tiny").returncode == 0
    done = charlm("study", "run", file)
    assert done.returncode == 0
    assert "6/6" not in done.stderr, "the workers have done the rest"
    assert len((home.folder / "results.jsonl").read_text().splitlines()) == 6


def test_a_job_that_fails_leaves_the_others_and_is_told(charlm, write, tmp_path, monkeypatch):
    variants = {"lstm": {"model": {"cell": "lstm"}}, "rnn": {"model": {"cell": "rnn"}, "training": {"device": "cuda"}}}
    home = begun(write(steps=3, variants=variants), tmp_path / "tiny")
    done = charlm("study", "work", home.folder)
    assert done.returncode == 2
    assert "3 runs failed here, 3 of 6 runs are finished: rnn.s1, rnn.s2, rnn.s3" in done.stderr
    assert "finds no device cuda" in done.stderr
    assert {row["variant"] for row in home.results()} == {"lstm"}


@pytest.mark.parametrize("name", ["empty", "absent"])
def test_a_folder_without_a_study(charlm, tmp_path, name):
    (tmp_path / "empty").mkdir()
    done = charlm("study", "work", tmp_path / name)
    assert done.returncode == 4
    assert "study" in done.stderr.splitlines()[0]
    assert "charlm study run" in done.stderr
    assert len(done.stderr.splitlines()) == 3


def test_a_cell_in_a_file_runs_only_if_the_worker_s_user_names_it(charlm, write, tmp_path):
    """The folder may be a stranger's. What an engine starts may run the files that its own user has named."""
    shutil.copy(Path(__file__).parents[1] / "data" / "mycell.py", tmp_path)
    named = re.search(r"class (\w+)\(Cell\)", (tmp_path / "mycell.py").read_text())[1]
    variants = {"lstm": {"model": {"cell": "lstm"}}, "own": {"model": {"layers": [{"cell": f"mycell.py:{named}"}]}}}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        home = begun(write(steps=2, variants=variants), tmp_path / "tiny")
    refused = charlm("study", "work", home.folder)
    assert refused.returncode == 2
    assert "charlm runs it only if you say so" in refused.stderr
    assert not home.results()
    assert charlm("study", "work", home.folder, "--only", "own.s1", "--cell-file", "mycell.py").returncode == 0
    assert [row["run"] for row in home.results()] == ["own.s1"]
    assert list(cells_of(home.study().variants)) == ["lstm", f"mycell.py:{named}"]
