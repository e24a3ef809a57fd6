"""Advice on the size of a model: what fits the text, and what fits the machine."""

import pytest

from charlm.config.resolving import resolve
from charlm.diagnosis.advice import ENOUGH, NARROWEST, advise, seconds_needed
from charlm.model.parameters import count_parameters


@pytest.mark.parametrize("kind", ["cpu", "cuda"])
def test_more_text_bears_a_larger_model(kind):
    advices = [advise(10**power, 80, kind) for power in range(3, 10)]
    sizes = [advice.parameters for advice in advices]
    assert sizes == sorted(sizes)
    assert advices[-1].arguments == ("-c large" if kind == "cuda" else "-c medium")
    for power, advice in enumerate(advices, 3):
        assert advice.ratio == advice.parameters / 10**power
        assert advice.ratio <= ENOUGH or f"hidden_size={NARROWEST}" in advice.arguments or power < 5


def test_what_is_advised_has_the_parameters_that_are_told():
    for characters in (5_000, 100_000, 500_000, 3_000_000):
        arguments = advise(characters, 80, "cpu").arguments.split()
        preset = arguments[1] if "-c" in arguments else None
        overrides = [word for word in arguments if "=" in word]
        model = resolve(preset, overrides).settings.model
        assert count_parameters(model, 80) == advise(characters, 80, "cpu").parameters


def test_time_by_each_kind_of_length():
    def needed(*overrides):
        return seconds_needed(resolve("char-rnn", list(overrides)).settings, 10_000, 1000.0)

    assert needed() == 500.0  # 50 epochs
    assert needed("training.epochs=null", "training.steps=100") == 250.0  # of 50 x 50 characters
    assert needed("training.epochs=null", "training.budget=90s") == 90.0
