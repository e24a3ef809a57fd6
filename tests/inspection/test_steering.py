"""A unit set by hand changes what is written, and nothing else does."""

from __future__ import annotations

import numpy as np
import pytest

from charlm.cells.table import CELLS
from charlm.config.settings import ModelSettings
from charlm.errors import UsageError
from charlm.inspection.probes import PROBES, chosen_probes
from charlm.inspection.steering import effect_of, setting_of, steered_stepper, written
from charlm.inspection.value_names import Unit, chosen_values, default_value
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.model.stepping import DefinitionStepper, defined_layer
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
    stepper, plain = steered_stepper(model, {(1, name): {2: 0.75}}), DefinitionStepper(model)
    state, other = stepper.fresh(3), plain.fresh(3)
    for ids in ([0, 1, 2], [3, 3, 0], [2, 1, 0]):
        logits, state = stepper.step(np.array(ids), state)
        expected, other = plain.step(np.array(ids), other)
        np.testing.assert_array_equal(getattr(state[0], name)[:, 2], 0.75)
    assert (logits != expected).any()
    assert (getattr(state[0], name)[:, 3] != 0.75).all()


@pytest.mark.parametrize("cell", sorted(CELLS))
def test_without_a_setting_it_is_the_model(cell):
    """In both layers, within the precision of the weights of kernels."""
    model = model_of(cell)
    free, plain = steered_stepper(model, {}), DefinitionStepper(model)
    state, other = free.fresh(2), plain.fresh(2)
    for ids in ([0, 1], [3, 2], [1, 1]):
        logits, state = free.step(np.array(ids), state)
        expected, other = plain.step(np.array(ids), other)
    np.testing.assert_allclose(logits, expected, atol=0.01)


@pytest.mark.parametrize("cell", sorted(CELLS))
def test_what_is_above_reads_what_was_set(cell):
    """As in the definition, where the part of the state that was set is the output itself, or is not."""
    model = model_of(cell)
    fields = model.layers[0].cell.STATE._fields
    name = "h" if "h" in fields else fields[0]
    stepper = steered_stepper(model, {(1, name): {2: 3.0}})
    logits, _ = stepper.step(np.array([0]), stepper.fresh(1))
    below, above = (defined_layer(model, number) for number in (0, 1))
    output, memory, after = below.step(np.array([0]), model.fresh_state(1)[0], None)
    getattr(after, name)[:, 2] = 3.0  # in place: what is the same array has it, too
    reads = model.layers[1].reads_below
    expected, _, _ = above.step(output, model.fresh_state(1)[1], memory if reads else None)
    head, bias = model.head
    np.testing.assert_allclose(logits, expected @ head.T + bias, atol=0.002)


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
    with pytest.raises(UsageError, match=r"forget of layer 1 cannot be set[\s\S]*--value h or --value c"):
        steered_stepper(model_of("lstm"), {(1, "forget"): {0: 1.0}})


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
