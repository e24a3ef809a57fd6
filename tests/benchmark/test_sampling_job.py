import pytest

from charlm.benchmark.sampling_job import PARTS, parts_of_sampling, plain_sampling, sampling
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
    from charlm.benchmark.workload import stepper_of

    return Counting(stepper_of(ModelSettings(num_layers=2, hidden_size=8)))


@pytest.mark.parametrize("streams", [1, 5])
def test_the_model_reads_all_but_the_last_character_of_each_stream(model, streams):
    job = sampling(model, streams, LENGTH)
    job.work()
    assert job.characters == streams * LENGTH
    assert model.read == 1 + streams * (LENGTH - 1)


@pytest.mark.parametrize("streams", [1, 5])
def test_time_goes_to_the_model_and_to_drawing(model, streams):
    parts = parts_of_sampling(model, streams, LENGTH)
    assert tuple(parts) == PARTS
    assert all(seconds > 0 for seconds in parts.values())


@pytest.mark.parametrize("streams", [1, 5])
def test_plain_torch_writes_as_many(streams):
    job = plain_sampling(2, 8, streams, LENGTH)
    job.work()
    assert job.characters == streams * LENGTH
