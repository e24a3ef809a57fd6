"""Training jobs make real updates, and every part of an update is timed."""

import itertools

import pytest
import torch

from charlm.benchmark import stopwatch
from charlm.benchmark.training_job import (
    CELLS,
    CLIP,
    DATA,
    HEAD,
    OPTIMIZER,
    OTHER,
    PARTS,
    measure_training_speed,
    plain_training_job,
    time_parts_of_update,
    training_job,
)
from charlm.cells import table
from charlm.config.settings import ModelSettings
from charlm.device import choose_compute

SETTINGS = ModelSettings(num_layers=1, hidden_size=8)


def test_a_training_job_is_an_update_that_learns():
    job = training_job(SETTINGS, 4, 8, choose_compute("cpu", "fp32"))
    first = job.work()
    assert first.applied
    assert first.characters == job.characters == 32
    assert job.work().nats != first.nats


def test_the_plain_job_is_an_update_too():
    torch.manual_seed(1)
    job = plain_training_job(1, 8, 4, 8, choose_compute("cpu", "fp32"))
    job.work()
    assert job.characters == 32


def test_the_speed_is_in_characters_per_second():
    speed = measure_training_speed(SETTINGS, 4, 8, choose_compute("cpu", "fp32"))
    assert speed.best >= speed.median > 32


def test_an_update_has_a_mark_wherever_a_part_ends(monkeypatch):
    ticks = itertools.count()  # a clock that advances by a second when it is read, so that seconds count marks
    monkeypatch.setattr(stopwatch.time, "perf_counter", lambda: float(next(ticks)))
    marks = time_parts_of_update(ModelSettings(num_layers=2, hidden_size=8), 4, 8, choose_compute("cpu", "fp32"))
    assert marks == {
        CELLS: 2 + 1 + 1 + 2 * 4,  # forward, backward between the layers, the gradients of embedding and weights
        HEAD: 1 + 2,  # backward to the layers, and the gradients of its own weights
        CLIP: 1,
        OPTIMIZER: 1,
        DATA: 1,
        OTHER: 1 + 2 + 1,  # before the data, before each layer, after the optimizer
    }


@pytest.mark.parametrize("cell", table.CELLS)
def test_all_parts_are_timed_for_every_cell(cell):
    parts = time_parts_of_update(
        ModelSettings(cell=cell, num_layers=2, hidden_size=8), 4, 8, choose_compute("cpu", "fp32")
    )
    assert tuple(parts) == PARTS
    assert all(seconds > 0 for seconds in parts.values())
