"""Advice on the size of a model, by the text and by the device."""

import pytest

from charlm.config.resolving import resolve
from charlm.diagnosis.advice import MOST_RATIO, NARROWEST, advise, estimate_seconds
from charlm.model.parameters import count_parameters


@pytest.mark.parametrize("device_type", ["cpu", "cuda"])
def test_more_text_suits_a_larger_model(device_type):
    advices = [advise(10**power, 80, device_type) for power in range(3, 10)]
    sizes = [advice.parameters for advice in advices]
    assert sizes == sorted(sizes)
    assert advices[-1].arguments == ("-c", "large" if device_type == "cuda" else "medium")
    for power, advice in enumerate(advices, 3):
        assert advice.ratio == advice.parameters / 10**power
        assert advice.ratio <= MOST_RATIO or f"model.hidden_size={NARROWEST}" in advice.arguments or power < 5


def test_the_advised_arguments_give_the_advised_number_of_parameters():
    for characters in (5_000, 100_000, 500_000, 3_000_000):
        arguments = advise(characters, 80, "cpu").arguments
        preset = arguments[1] if "-c" in arguments else None
        overrides = [word for word in arguments if "=" in word]
        model = resolve(preset, overrides).settings.model
        assert count_parameters(model, 80) == advise(characters, 80, "cpu").parameters


def test_the_time_of_a_training_by_epochs_steps_and_budget():
    def needed(*overrides):
        return estimate_seconds(resolve("char-rnn", list(overrides)).settings, 10_000, 1000.0, 50 * 50)

    assert needed() == 500.0  # 50 epochs of 10,000 characters
    assert needed("training.epochs=null", "training.steps=100") == 250.0  # 100 updates of 50 x 50 characters
    assert needed("training.epochs=null", "training.budget=90s") == 90.0
