"""The loop in several processes: one run, the same events, and the same end. The processes are threads here."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest
from group_of_threads import in_threads

from charlm.checkpoint import load_checkpoint, load_training_arrays
from charlm.checkpoint.series import newest_whole
from charlm.config.settings import Settings
from charlm.device import Compute
from charlm.processes.group import ALONE
from charlm.runs import Run, create_run
from charlm.text.corpus import open_corpus
from charlm.training.events import Finished, RolledBack, Sampled, Saved, Skipped, Updated, Validated
from charlm.training.language import LanguageTask
from charlm.training.leading import shared_newest
from charlm.training.loop import never, train
from charlm.training.plan import TrainingPlan, train_reader

CPU = Compute("cpu", "fp32", "a CPU", 1)


@pytest.fixture
def training(verse, tmp_path):
    """A function that runs the loop as one process of a group, in the run `name`; gives its events."""

    def settings_of(given):
        return Settings.model_validate(
            {
                "text": {"sources": [str(verse)]},
                "model": {"hidden_size": 8, "dropout": 0.2},
                "training": {
                    "steps": 12, "batch_size": 8, "seq_len": 16, "validations": 3, "ordered_sum": True, **given,
                },
            }
        )  # fmt: skip

    def run_loop(name, group=ALONE, stop=never, save=never, change=None, **given):
        settings = settings_of(given)
        corpus = open_corpus(settings.text)
        if group.rank == 0 and not (tmp_path / name).exists():
            create_run(tmp_path, name, name, {})
        group.share(b"")
        run = Run(tmp_path / name)
        task = LanguageTask(settings, corpus, train_reader(settings, corpus), CPU, group=group)
        events = []
        for event in train(TrainingPlan(task, run), shared_newest(group, run), stop, save):
            events.append(event)
            if change:
                change(event)
        return events

    return run_loop


def newest(folder):
    checkpoint, _ = newest_whole(Run(folder))
    return checkpoint


def assert_same_checkpoint(folder, other):
    one, two = newest(folder), newest(other)
    assert one.step == two.step
    for found, wanted in (
        (one.parameters, two.parameters),
        (load_training_arrays(one.folder), load_training_arrays(two.folder)),
    ):
        assert set(found) == set(wanted)
        for name, value in wanted.items():
            assert np.array_equal(found[name], value), name
    changing = ("seconds", "validation_seconds")
    assert {k: v for k, v in one.training.items() if k not in changing} == {
        k: v for k, v in two.training.items() if k not in changing
    }


def test_two_processes_train_the_run_of_one(training, tmp_path):
    alone = training("alone")
    both = in_threads(2, lambda group: training("both", group))
    assert_same_checkpoint(tmp_path / "both", tmp_path / "alone")
    for events in both:
        assert [type(event) for event in events] == [type(event) for event in alone]
        for event, other in zip(events, alone, strict=True):
            if isinstance(event, Updated):
                assert (event.nats, event.learning_rate, event.characters) == (
                    other.nats, other.learning_rate, other.characters,
                )  # fmt: skip
            if isinstance(event, Validated):
                assert (event.step, event.nats, event.best) == (other.step, other.nats, other.best)
    assert best_of(tmp_path / "both") == best_of(tmp_path / "alone")


def best_of(folder):
    return (folder / "best").read_text()


@pytest.mark.parametrize(
    "sizes", [(2, 1), (2, 4), *(pytest.param(sizes, marks=pytest.mark.slow) for sizes in ((1, 2), (4, 2)))]
)
def test_law_another_number_of_processes_goes_on_with_the_same_bits(training, tmp_path, sizes):
    training("whole", validations=1)
    first, second = sizes

    def begun(group):
        steps = iter(range(100))
        return training("parts", group, stop=lambda: next(steps) >= 4, validations=1)

    for events in in_threads(first, begun):
        assert events[-1].reason == "signal"
    assert 4 <= newest(tmp_path / "parts").step < 12
    in_threads(second, lambda group: training("parts", group, validations=1))
    assert_same_checkpoint(tmp_path / "parts", tmp_path / "whole")


def test_a_signal_to_any_process_ends_all_after_the_same_update(training, tmp_path):
    asked = []

    def work(group):
        def change(event):
            if isinstance(event, Updated) and event.step == 3 and group.rank == 1:
                asked.append(True)

        return training("run", group, stop=lambda: bool(asked) and group.rank == 1, change=change, steps=10**6)

    ends = [events[-1] for events in in_threads(2, work)]
    assert {(end.reason, end.step) for end in ends} == {("signal", 4)}
    assert newest(tmp_path / "run").step == 4


def test_a_checkpoint_that_one_process_is_asked_for_is_saved_by_process_0(training, tmp_path):
    def work(group):
        asked = iter([False, True])
        return training("run", group, save=lambda: group.rank == 1 and next(asked, False), validations=1)

    for events in in_threads(2, work):
        assert [event.step for event in events if isinstance(event, Saved)] == [2, 12]


def test_a_budget_ends_all_by_the_clock_of_process_0(training, monkeypatch):
    def work(group):
        def change(event):
            if group.rank == 1 and isinstance(event, Updated):
                time.sleep(0.002)  # another speed, and so another clock

        return training("run", group, steps=None, budget=0.4, change=change)

    one, other = in_threads(2, work)
    assert one[-1].reason == other[-1].reason == "length"
    kept = [
        [
            (type(event), getattr(event, "step", 0), getattr(event, "seconds", 0))
            for event in events
            if not sample(event)
        ]
        for events in (one, other)
    ]
    assert kept[0] == kept[1]
    rates = [[event.learning_rate for event in events if isinstance(event, Updated)] for events in (one, other)]
    assert rates[0] == rates[1]


def sample(event):
    return isinstance(event, Sampled)


def test_only_process_0_samples(training):
    one, other = in_threads(2, lambda group: training("run", group, sample_every=1e-6))
    assert any(map(sample, one))
    assert not any(map(sample, other))


def test_a_training_that_breaks_in_one_process_goes_back_in_all(training, tmp_path, monkeypatch):
    from charlm.training.trainer import Trainer

    real = Trainer.loss

    def broken(self, *arguments):
        nats, after = real(self, *arguments)
        return (nats * float("nan"), after) if self.group.rank == 1 and self.breaks.pop() else (nats, after)

    monkeypatch.setattr(Trainer, "loss", broken)
    monkeypatch.setattr(Trainer, "breaks", [False] * 1000 + [True] * 3 + [False] * 5, raising=False)
    both = in_threads(2, lambda group: training("run", group, ordered_sum=False))
    for events in both:
        assert sum(isinstance(event, Skipped) for event in events) == 3
        assert [event.rate_factor for event in events if isinstance(event, RolledBack)] == [0.5]
        assert isinstance(events[-1], Finished)
    assert_finite(tmp_path / "run")


def assert_finite(folder):
    checkpoint = load_checkpoint(newest(folder).folder)
    assert all(np.isfinite(value).all() for value in checkpoint.parameters.values())
    rows = (
        [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
        if (folder / "metrics.jsonl").is_file()
        else []
    )
    assert all(row["event"] for row in rows)
