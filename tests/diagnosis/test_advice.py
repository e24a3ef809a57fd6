"""Advice on the size of a model that the user chose, and the time of its training."""

import pytest

from charlm.config.resolving import resolve
from charlm.config.settings import ModelSettings
from charlm.diagnosis.advice import MOST_RATIO, NARROWEST, advise, estimate_seconds
from charlm.model.parameters import count_parameters

MODEL = ModelSettings(hidden_size=512)


def test_a_model_that_is_too_large_for_a_text_is_made_narrower():
    advices = [advise(10**power, 80, MODEL) for power in range(3, 8)]
    sizes = [advice.parameters for advice in advices]
    assert sizes == sorted(sizes)
    assert advices[-1].arguments == ()
    for power, advice in enumerate(advices, 3):
        assert advice.ratio == advice.parameters / 10**power
        assert advice.ratio <= MOST_RATIO or f"model.hidden_size={NARROWEST}" in advice.arguments


@pytest.mark.parametrize("characters", [5_000, 100_000, 500_000, 3_000_000])
def test_the_advised_arguments_give_the_advised_number_of_parameters(characters):
    advice = advise(characters, 80, MODEL)
    overrides = ["model.hidden_size=512", *(word for word in advice.arguments if "=" in word)]
    assert count_parameters(resolve(None, overrides).settings.model, 80) == advice.parameters


def test_the_time_of_a_training_by_epochs_steps_and_budget():
    def needed(*overrides):
        return estimate_seconds(resolve("char-rnn", list(overrides)).settings, 10_000, 1000.0, 50 * 50)

    assert needed() == 500.0  # 50 epochs of 10,000 characters
    assert needed("training.epochs=null", "training.steps=100") == 250.0  # 100 updates of 50 x 50 characters
    assert needed("training.epochs=null", "training.budget=90s") == 90.0
