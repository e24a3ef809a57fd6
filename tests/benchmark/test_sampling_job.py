"""Sampling jobs process the characters that they count, and their parts are timed."""

import pytest

from charlm.benchmark.sampling_job import PARTS, plain_sampling_job, sampling_job, time_parts_of_sampling
from charlm.benchmark.workload import chosen_stepper
from charlm.config.settings import ModelSettings

LENGTH = 7


class Counting:
    """A model that counts the symbols it reads."""

    def __init__(self, stepper):
        self.stepper = stepper
        self.read = 0

    def fresh(self, rows):
        return self.stepper.fresh(rows)

    def step(self, ids, state):
        self.read += ids.size
        return self.stepper.step(ids, state)


@pytest.fixture
def model():
    return Counting(chosen_stepper(ModelSettings(num_layers=2, hidden_size=8)))


@pytest.mark.parametrize("streams", [1, 5])
def test_the_model_reads_all_but_the_last_character_of_each_stream(model, streams):
    job = sampling_job(model, streams, LENGTH)
    job.work()
    assert job.characters == streams * LENGTH
    assert model.read == 1 + streams * (LENGTH - 1)


@pytest.mark.parametrize("streams", [1, 5])
def test_time_is_booked_on_the_model_and_on_drawing(model, streams):
    parts = time_parts_of_sampling(model, streams, LENGTH)
    assert tuple(parts) == PARTS
    assert all(seconds > 0 for seconds in parts.values())


@pytest.mark.parametrize("streams", [1, 5])
def test_the_plain_job_counts_the_same_characters(streams):
    job = plain_sampling_job(2, 8, streams, LENGTH)
    job.work()
    assert job.characters == streams * LENGTH
