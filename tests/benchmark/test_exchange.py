"""Several processes timed in turn: what the rows say, what a process measures, and real processes."""

from __future__ import annotations

import itertools
import json
from contextlib import contextmanager

import pytest
from group_of_threads import in_threads

from charlm.benchmark import exchange
from charlm.benchmark.exchange import exchange_results, gain_in_words
from charlm.benchmark.exchange_process import ExchangeJob, measure
from charlm.errors import UsageError

SMALL = ExchangeJob("lstm", 1, 8, 8, 4, "cpu", "fp32", ordered=False)


@pytest.fixture
def scripted(monkeypatch):
    """Processes that take 10 ms for an update, and 8 ms each if they are two, of which the exchange takes 1 ms."""

    @contextmanager
    def processes(job, count):
        yield count, job.ordered

    def measured(leader, seconds):
        return {"update": (0.010 if leader[0] == 1 else 0.008) + 0.01 * leader[1], "exchange": 0.001}

    monkeypatch.setattr(exchange, "_processes", processes)
    monkeypatch.setattr(exchange, "_measure", measured)


def test_rows_have_speeds_ratios_and_the_share_of_the_exchange(scripted):
    rows = exchange_results(SMALL, [1, 2], seconds=1, rounds=3)
    assert [(row["processes"], row["sum"]) for row in rows] == [
        (1, "fast"),
        (2, "fast"),
        (1, "ordered"),
        (2, "ordered"),
    ]
    one, two, *_ = rows
    assert (one["median"], one["ratio"], one["exchange_share"]) == (3200, 1.0, 0.0)
    assert (two["median"], two["ratio"], two["exchange_share"]) == (4000, 1.25, 0.125)


def test_the_gain_is_said_plainly(scripted, monkeypatch):
    rows = exchange_results(SMALL, [1, 2], seconds=1, rounds=1)
    assert gain_in_words(rows) == "2 processes are 1.25 times as fast as 1 here"
    monkeypatch.setattr(exchange, "cores", lambda: 2)
    monkeypatch.setattr(exchange, "usable_threads", lambda: 2)
    slower = gain_in_words([{**row, "ratio": 1.04} for row in rows])
    assert slower.startswith("more processes gain nothing here: they share 2 cores with")
    assert "2 threads" in slower
    assert gain_in_words(rows[:1]) == slower


def test_without_eight_groups_of_lanes_there_is_no_ordered_sum(scripted):
    job = ExchangeJob("lstm", 1, 8, 6, 4, "cpu", "fp32", ordered=False)
    assert [row["sum"] for row in exchange_results(job, [1, 2, 3], seconds=1, rounds=1)] == ["fast"] * 3
    with pytest.raises(UsageError, match="divided by 4"):
        exchange_results(job, [1, 4], seconds=1, rounds=1)


@pytest.mark.parametrize("seconds", [0.0, 0.5])  # 0: too few for another update than the first
def test_all_processes_time_the_same_updates_and_their_exchange(seconds):
    from charlm.benchmark.training_job import random_lanes, settings_of
    from charlm.benchmark.workload import VOCAB_SIZE, model_settings_of
    from charlm.device import Compute
    from charlm.training.trainer import Trainer

    settings = settings_of(model_settings_of("lstm", 1, 8), 8, 4)

    def work(group):
        trainer = Trainer(settings, VOCAB_SIZE, 8, Compute("cpu", "fp32", "a CPU", 1), group=group)
        made = itertools.count()
        updates = (trainer.update(random_lanes(8, 4), position, 1e-3) for position in made)
        return measure(trainer, updates, seconds), next(made)

    (one, updates), (_, other_updates) = in_threads(2, work)
    assert updates == other_updates
    assert (updates == 1) == (seconds == 0)
    assert one["exchange"] > 0
    assert one["update"] > 0


@pytest.mark.slow
def test_real_processes_are_measured_through_the_command(charlm):
    result = charlm("bench", "train", "--processes", "1,2", "--sizes", "1x16", "--lanes", "8x8", "--json")
    output = json.loads(result.stdout)
    assert [(row["processes"], row["sum"]) for row in output["results"]] == [
        (1, "fast"), (2, "fast"), (1, "ordered"), (2, "ordered"),
    ]  # fmt: skip
    assert all(row["median"] > 0 for row in output["results"])
    assert output["gain"]
