"""A study on an engine: what is started when, what is started again, and what is given up."""

from __future__ import annotations

import json

import pytest

from charlm.errors import BusyError, CharlmError
from charlm.studies import dispatching
from charlm.studies.claims import Claims
from charlm.studies.dispatching import DispatchEnded, JobGivenUp, JobSeen, JobStarted, dispatch, last_words
from charlm.studies.grid import make_alternatives
from charlm.studies.launching.jobs import Ended, Job
from charlm.studies.results import StudyFolder
from charlm.studies.running import prepare_study
from charlm.studies.study_files import open_study


class Scripted:
    """An engine whose jobs end as is written for them: exit codes one after the other, 0 if there are no more.

    A job ends at its second poll; one that ends with 0 leaves its line in the study's folder.
    """

    queues = False

    def __init__(self, home, codes=None, at_once=2):
        self.home, self.codes, self.at_once = home, codes or {}, at_once
        self.started, self.cancelled, self.most, self._running = [], [], 0, 0

    def start(self, job):
        self.started.append(job.name)
        self._running += 1
        self.most = max(self.most, self._running)
        return Scripted.Started(self, job.name)

    class Started:
        def __init__(self, engine, name):
            self.engine, self.name, self.polls, self.ended = engine, name, 0, None

        def poll(self):
            self.polls += 1
            if self.polls < 2 or self.ended:
                return self.ended
            codes = self.engine.codes.get(self.name)
            code = codes.pop(0) if codes else 0
            if code is RuntimeError:
                raise CharlmError("The scheduler is gone")
            if code == 0:
                self.engine.home.put(self.name, row_of(self.name))
            if code != "runs":
                self.engine._running -= 1
                self.ended = Ended(code, f"line\ncharlm: it failed\nat {self.name}\ndo this\n")
            return self.ended

        def cancel(self):
            self.engine.cancelled.append(self.name)
            self.engine.codes[self.name] = [143]


def row_of(name):
    variant, part = name.split(".")
    if part.startswith("choose-"):
        number = int(part[7:])
        return {
            "variant": variant,
            "levels": {},
            "value": VALUES[number - 1],
            "number": number,
            "nats": 1.0,
            "run": name,
        }
    return {
        "variant": variant, "levels": {}, "seed": int(part[1:]), "measure": "valid", "nats": 1.0, "parameters": 9,
        "run": name,
    }  # fmt: skip


VALUES = [1e-3, 1e-2]


@pytest.fixture
def study(tmp_path, verse, monkeypatch):
    """A study of six trials, or with `choose` of four candidates too, in a folder. Nothing waits."""
    monkeypatch.setattr(dispatching, "TICK", 0.0)
    monkeypatch.setattr(dispatching, "GLANCE", 0.0)

    def made(**changes):
        described = {
            "name": "s", "question": "q", "base": {"text": {"sources": [str(verse)]}}, "baseline": "lstm",
            "variants": {"lstm": {"model": {"cell": "lstm"}}, "rnn": {"model": {"cell": "rnn"}}},
            "seeds": [1, 2, 3], "budget": {"steps": 1},
        }  # fmt: skip
        (tmp_path / "s.yaml").write_text(json.dumps(described | changes))
        opened, home = open_study(str(tmp_path / "s.yaml")), StudyFolder(tmp_path / "s")
        home.folder.mkdir()
        home.work.mkdir()
        home.begin(opened)
        return prepare_study(opened, make_alternatives(opened, "here"), home.folder, "here"), home

    return made


def run(study, home, engine, stop=lambda: False, beat=0.01):
    return list(dispatch(study, home, Claims(home.work, beat), engine, lambda name: Job(name, (), "/"), stop))


def test_jobs_are_started_in_order_some_at_a_time(study):
    prepared, home = study()
    engine = Scripted(home)
    events = run(prepared, home, engine)
    assert engine.started == [f"{variant}.s{seed}" for seed in (1, 2, 3) for variant in ("lstm", "rnn")]
    assert engine.most == 2
    assert events[-1] == DispatchEnded(False, 6, 6)
    assert not engine.cancelled


def test_trials_are_started_when_the_candidates_of_their_place_are_scored(study):
    prepared, home = study(choose={"setting": "training.learning_rate", "values": VALUES})
    engine = Scripted(home, {"lstm.choose-1": ["runs"] * 4}, at_once=10)
    events = run(prepared, home, engine)
    assert engine.started[:4] == ["lstm.choose-1", "lstm.choose-2", "rnn.choose-1", "rnn.choose-2"]
    assert engine.started[4:7] == ["rnn.s1", "rnn.s2", "rnn.s3"], "those of the lstm wait for its first candidate"
    assert events[-1] == DispatchEnded(False, 10, 10)
    assert {row["variant"]: row["value"] for row in home.choices() if row["number"] == 1} == dict.fromkeys(
        ("lstm", "rnn"), VALUES[0]
    )


def test_a_job_that_is_killed_is_started_again_three_times_at_most(study):
    prepared, home = study()
    engine = Scripted(home, {"lstm.s1": [-9, None], "rnn.s2": [-9, 143, -9, 0]})
    events = run(prepared, home, engine)
    assert engine.started.count("lstm.s1") == 3
    assert engine.started.count("rnn.s2") == 3
    assert [event.attempt for event in events if isinstance(event, JobStarted) and event.job.name == "lstm.s1"] == [
        1,
        2,
        3,
    ]
    (given_up,) = [event for event in events if isinstance(event, JobGivenUp)]
    assert (given_up.job.name, given_up.code) == ("rnn.s2", -9)
    assert events[-1] == DispatchEnded(False, 5, 6)


def test_a_job_that_tells_of_an_error_is_not_started_again(study):
    prepared, home = study(choose={"setting": "training.learning_rate", "values": VALUES})
    engine = Scripted(home, {"rnn.choose-2": [4]})
    events = run(prepared, home, engine)
    (given_up,) = [event for event in events if isinstance(event, JobGivenUp)]
    assert given_up.why == "it failed\nat rnn.choose-2\ndo this"
    assert events[-1] == DispatchEnded(False, 6, 10), "no trial of the rnn can be trained; all others are"


def test_a_job_of_another_worker_is_waited_for_and_shown(study):
    prepared, home = study()
    engine = Scripted(home, {"rnn.s1": [BusyError.exit_code] * 5})
    other = Claims(home.work, 0.2, machine="far")
    seen, finished = [], []
    with other.hold("lstm.s1") as held:
        held.tell(0.5, 2.0)
        for event in dispatch(
            prepared, home, Claims(home.work, 0.01), engine, lambda name: Job(name, (), "/"), lambda: False
        ):
            seen += [event] if isinstance(event, JobSeen) and event.progress else []
            if seen and not finished:
                home.put("lstm.s1", row_of("lstm.s1"))
                finished.append(True)
    assert "lstm.s1" not in engine.started
    assert (seen[0].job.name, seen[0].progress, seen[0].nats) == ("lstm.s1", 0.5, 2.0)
    assert engine.started.count("rnn.s1") == 6, "that it was busy is no failure"
    assert event == DispatchEnded(False, 6, 6)


def test_whoever_stops_it_waits_until_all_have_saved(study):
    prepared, home = study()
    engine = Scripted(home, {"lstm.s2": ["runs"] * 100, "rnn.s2": ["runs"] * 100})
    events = run(prepared, home, engine, stop=lambda: len(engine.started) == 4)
    assert engine.cancelled == ["lstm.s2", "rnn.s2"]
    assert events[-1] == DispatchEnded(True, 2, 6)
    assert run(prepared, home, Scripted(home))[-1] == DispatchEnded(False, 6, 6)


def test_an_engine_that_fails_ends_it_with_its_error(study):
    prepared, home = study()
    engine = Scripted(home, {"lstm.s2": [RuntimeError]})
    with pytest.raises(CharlmError, match="The scheduler is gone"):
        run(prepared, home, engine)
    assert set(engine.cancelled) <= {"lstm.s2", "rnn.s2"}
    assert len(home.results()) >= 2


@pytest.mark.parametrize(
    ("ended", "words"),
    [
        (Ended(4, "charlm: no\nroom\nhere\n"), "no\nroom\nhere"),
        (Ended(-9), "It ended by signal 9"),
        (Ended(1, "Traceback\nValueError: x\n"), "It ended with exit code 1: ValueError: x"),
        (Ended(None, "lost"), "It ended nobody knows how: lost"),
    ],
)
def test_last_words(ended, words):
    assert last_words(ended) == words
