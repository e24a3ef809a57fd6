"""What process 0 tells the others, and what several processes are refused before anything is read."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from group_of_threads import environment_of, in_threads

from charlm import device, machine
from charlm.checkpoint import load_checkpoint
from charlm.config.settings import Settings
from charlm.engines.precision import compute_for
from charlm.errors import TextError, UsageError
from charlm.processes.group import ALONE
from charlm.runs import Run
from charlm.training.announcing import require_for_all
from charlm.training.experiment import begin, resume
from charlm.training.following import follow


def settings_of(verse, **sections):
    given = {"text": {"sources": [str(verse)]}, "model": {"hidden_size": 8}, **sections}
    given["training"] = {"steps": 4, "batch_size": 4, "seq_len": 16, "device": "cpu", **given.get("training", {})}
    return Settings.model_validate(given)


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        ({"model": {"latent": {"kind": "line"}}}, "no latent variables yet"),
        ({"model": {"pairs": {"kind": "joined"}}}, "no pairs yet"),
        ({"text": {"sources": ["-"]}}, "standard input"),
        ({"text": {"valid": ["-"]}}, "standard input"),
    ],
)
def test_what_several_cannot_train_is_refused(verse, sections, words):
    settings = settings_of(verse, **sections)
    require_for_all(settings, ALONE)
    with pytest.raises(UsageError, match=words):
        require_for_all(settings, SimpleNamespace(size=2, rank=0))


def test_the_ordered_sum_computes_with_one_thread_however_many_processes_share_the_cores(verse, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    for module in (machine, device):
        monkeypatch.setattr(module, "cores", lambda: 4)
    before = torch.get_num_threads()
    try:
        found = [
            compute_for(settings_of(verse, training=given)).threads
            for given in ({}, {"ordered_sum": True}, {"ordered_sum": True, "threads": 3})
        ]
    finally:
        torch.set_num_threads(before)
    assert found == [4, 1, 3]


def test_a_library_call_in_several_processes_is_refused(verse, runs, monkeypatch):
    for name, value in environment_of(1, 2, 29500).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match="torchrun started 2 processes"):
        begin(settings_of(verse))
    assert not runs.exists()


def test_lanes_of_a_short_text_are_refused_before_a_run_is_made(tmp_path, runs):
    short = tmp_path / "short.txt"
    short.write_text("the owl\n" * 4)
    with pytest.raises(UsageError, match="cannot be divided by 8"):
        begin(settings_of(short, training={"ordered_sum": True}))
    assert not runs.exists()


def test_all_begin_and_resume_the_run_of_process_0(verse, runs):
    def begun(group):
        training = begin(settings_of(verse), "run", group=group) if group.rank == 0 else follow(group)
        list(training)
        return training

    leader, follower = in_threads(2, begun)
    assert follower.run.folder == leader.run.folder == runs / "run"
    assert follower.settings == leader.settings
    assert [each.task.group.rank for each in (leader, follower)] == [0, 1]
    first = load_checkpoint(runs / "run/step-4")

    def resumed(group):
        training = resume("run", more="3", group=group) if group.rank == 0 else follow(group)
        found = training.checkpoint
        assert all(np.array_equal(found.parameters[name], value) for name, value in first.parameters.items())
        assert (found.step, found.settings, found.text, found.training) == (
            4, first.settings, first.text, first.training,
        )  # fmt: skip
        return list(training)[-1].step

    assert in_threads(2, resumed) == [7, 7]
    assert load_checkpoint(runs / "run/step-7").step == 7
    assert not [*runs.glob("*/lock-*")]


def test_a_new_run_from_another_model_begins_with_its_weights_in_all(verse, tmp_path, runs):
    list(begin(settings_of(verse), "old"))
    start = load_checkpoint(runs / "old/step-4")
    text = tmp_path / "more.txt"
    text.write_text(verse.read_text() + "0123456789\n" * 9)  # with symbols that are new to it

    def begun(group):
        training = begin(settings_of(text), "new", start, group=group) if group.rank == 0 else follow(group)
        initial, vocabulary = training.task.initial, training.task.vocabulary
        return initial, vocabulary.fingerprint, [type(event).__name__ for event in training][:3]

    (initial, symbols, events), (other, other_symbols, other_events) = in_threads(2, begun)
    assert list(other) == list(initial)
    assert all(np.array_equal(other[name], value) for name, value in initial.items())
    assert (other_symbols, other_events) == (symbols, events)
    assert "Validated" in events


def test_another_text_in_one_process_is_refused_before_a_run_is_made(verse, tmp_path, runs, monkeypatch):
    from charlm.training import following

    other = tmp_path / "other.txt"
    other.write_text(verse.read_text() + "more")
    real = following.open_corpus
    monkeypatch.setattr(
        following, "open_corpus", lambda text, *rest: real(text.model_copy(update={"sources": (str(other),)}), *rest)
    )

    def begun(group):
        try:
            begin(settings_of(verse), "run", group=group) if group.rank == 0 else follow(group)
        except TextError as error:
            group.close()
            return str(error)
        except Exception as error:
            return type(error).__name__

    assert in_threads(2, begun)[0] == "LostProcessError"
    assert not runs.exists()
    assert Run(runs / "run").mark == {}
