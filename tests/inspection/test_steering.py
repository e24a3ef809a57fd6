"""A unit set by hand changes what is written, and nothing else does."""

from __future__ import annotations

import numpy as np
import pytest

from charlm.cells.table import CELLS
from charlm.config.settings import ModelSettings
from charlm.errors import UsageError
from charlm.inspection.probes import PROBES, chosen_probes
from charlm.inspection.steering import SteeredStepper, effect_of, setting_of, written
from charlm.inspection.value_names import Unit, chosen_values, default_value
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.model.stepping import DefinitionStepper
from charlm.randomness import named_stream
from charlm.text.vocabulary import Vocabulary

VOCABULARY = Vocabulary.of("abc\n")


def model_of(cell):
    settings = ModelSettings(cell=cell, hidden_size=8, num_layers=2)
    return LanguageModel(settings, initial_parameters(settings, VOCABULARY.size, named_stream(3, "weights")))


@pytest.mark.parametrize("cell", sorted(CELLS))
def test_the_unit_has_its_value_after_every_step_and_others_are_free(cell):
    model = model_of(cell)
    fields = model.layers[0].cell.STATE._fields
    name = found if (found := default_value(model.layers[0])) in fields else fields[0]  # an output cannot be set
    stepper, plain = SteeredStepper(model, {(1, name): {2: 0.75}}), DefinitionStepper(model)
    state, other = stepper.fresh(3), plain.fresh(3)
    for ids in ([0, 1, 2], [3, 3, 0], [2, 1, 0]):
        logits, state = stepper.step(np.array(ids), state)
        expected, other = plain.step(np.array(ids), other)
        np.testing.assert_array_equal(getattr(state[0], name)[:, 2], 0.75)
    assert (logits != expected).any()
    assert (getattr(state[0], name)[:, 3] != 0.75).all()


def test_without_a_setting_it_is_the_model():
    model = model_of("lstm")
    stepper, plain = SteeredStepper(model, {}), DefinitionStepper(model)
    one, other = (each.step(np.array([1]), each.fresh(1))[0] for each in (stepper, plain))
    np.testing.assert_array_equal(one, other)


def test_samples_are_paired_and_repeat_under_a_seed():
    model = model_of("gru")
    setting = setting_of([Unit(2, 1)], [0.9], chosen_values(model, None, None))
    free = written(model, VOCABULARY, {}, [3], 12, 50, seed=5)
    assert free == written(model, VOCABULARY, {}, [3], 12, 50, seed=5)
    assert free != written(model, VOCABULARY, setting, [3], 12, 50, seed=5)
    assert [len(text) for text in free] == [50] * 12
    ended = written(model, VOCABULARY, {}, [0], 12, 50, seed=5, end=VOCABULARY.newline)
    assert not any("\n" in text for text in ended)


def test_a_gate_cannot_be_set():
    with pytest.raises(UsageError, match="cannot be set"):
        SteeredStepper(model_of("lstm"), {(1, "forget"): {0: 1.0}})


def test_an_effect_has_an_interval_that_holds_its_mean():
    (probe,) = chosen_probes(["a=a"])
    rng = np.random.default_rng(0)
    free = ["".join(rng.choice(list("ab"), 50, p=[0.2, 0.8])) for _ in range(40)]
    steered = ["".join(rng.choice(list("ab"), 50, p=[0.5, 0.5])) for _ in range(40)]
    effect = effect_of(probe, free, steered)
    assert effect.difference == pytest.approx(0.3, abs=0.05)
    assert effect.interval[0] < effect.difference < effect.interval[1]
    assert effect.is_certain
    assert not effect_of(probe, free, free).is_certain
    assert effect_of(probe, free[:5], steered[:5]).interval is None
    assert effect_of(PROBES["speech_line"], free, steered).pairs == 0
