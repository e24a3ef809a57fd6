import itertools

import pytest

from charlm.benchmark import stopwatch as room
from charlm.benchmark.stopwatch import CELLS, CLIP, DATA, HEAD, OPTIMIZER, OTHER, PARTS, Stopwatch, parts_of_update
from charlm.cells import table
from charlm.config.settings import ModelSettings
from charlm.device import choose_compute


@pytest.fixture
def ticking(monkeypatch):
    """A clock that goes on by a second each time it is read, so that seconds are marks."""
    ticks = itertools.count()
    monkeypatch.setattr(room.time, "perf_counter", lambda: float(next(ticks)))
    return ticks


def test_every_moment_belongs_to_the_part_that_it_ended(ticking):
    stopwatch = Stopwatch()
    for part in ("a", "b", "a"):
        stopwatch.end(part)
        next(ticking)
    assert stopwatch.seconds == {"a": 1 + 2, "b": 2}
    stopwatch.start()
    assert stopwatch.seconds == {}


def test_the_device_ends_its_work_before_the_clock_is_read(ticking):
    waited = []
    stopwatch = Stopwatch(lambda: waited.append(0))
    stopwatch.end("a")
    assert len(waited) == 2


def test_an_update_is_marked_wherever_one_part_ends_and_the_next_begins(ticking):
    marks = parts_of_update(ModelSettings(num_layers=2, hidden_size=8), 4, 8, choose_compute("cpu", "fp32"))
    assert marks == {
        CELLS: 2 + 1 + 1 + 2 * 4,  # two layers there, one back to the other, the gradients of embedding and weights
        HEAD: 1 + 2,  # back to the layers, and the gradients of its own weights
        CLIP: 1,
        OPTIMIZER: 1,
        DATA: 1,
        OTHER: 1 + 2 + 1,  # before reading, before each layer, after the optimizer
    }


@pytest.mark.parametrize("cell", table.CELLS)
def test_every_cell_has_all_the_parts(cell):
    parts = parts_of_update(ModelSettings(cell=cell, num_layers=2, hidden_size=8), 4, 8, choose_compute("cpu", "fp32"))
    assert tuple(parts) == PARTS
    assert all(seconds > 0 for seconds in parts.values())
