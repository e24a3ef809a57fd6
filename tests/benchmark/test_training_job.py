import torch

from charlm.benchmark.training_job import plain_training, training, training_speed
from charlm.config.settings import ModelSettings
from charlm.device import choose_compute

MODEL = ModelSettings(num_layers=1, hidden_size=8)


def test_a_job_is_an_update_and_learns():
    job = training(MODEL, 4, 8, choose_compute("cpu", "fp32"))
    first = job.work()
    assert first.applied
    assert first.characters == job.characters == 32
    assert job.work().nats != first.nats


def test_the_plain_loop_updates_too():
    torch.manual_seed(1)
    job = plain_training(1, 8, 4, 8, choose_compute("cpu", "fp32"))
    job.work()
    assert job.characters == 32


def test_the_speed_is_in_characters_per_second():
    speed = training_speed(MODEL, 4, 8, choose_compute("cpu", "fp32"))
    assert speed.best >= speed.median > 0
