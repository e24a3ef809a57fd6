"""Cells whose stages are written by hand, in the stream's kernel, give what their definition gives.

Weights are rounded to bfloat16 before both run, and the definition runs in float64: where a level's inputs are floats,
the rounding of float32 is all that differs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from charlm.cells.matrix_lstm import MatrixLSTM
from charlm.config.settings import AttentionSettings, ModelSettings
from charlm.engines.choosing import step_engine, stepper
from charlm.engines.compiled_stepper import CompiledStepper
from charlm.engines.layered_stepper import LayeredStepper
from charlm.engines.stream_arrays import from_kernel, to_kernel
from charlm.engines.stream_layer import can_run_layer
from charlm.kernels import library
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.model.stack import Layer
from charlm.model.state import take_rows
from charlm.model.stepping import DefinitionStepper

kernel = library()
if kernel is None:
    pytest.skip("the kernels are not compiled here", allow_module_level=True)

V = 11
CLOSE = 5e-5 if kernel.stream_input_bytes() == 4 else 0.12  # of the largest number; bfloat16 inputs have three digits
# Heads of one unit, of five, of some that no vector has, of whole vectors, and as wide as the layer.
SIZES = {"8 of 1": (8, 8), "4 of 5": (20, 4), "3 of 24": (72, 3), "2 of 32": (64, 0), "1 of 37": (37, 1)}
CASES = {
    f"{cell}{', ' * bool(form)}{form}, heads {size}": {
        "cell": cell,
        "hidden_size": units,
        "cell_options": {"heads": heads, **({form: True} if form else {})},
    }
    for cell, form in (("matrix_lstm", ""), ("matrix_lstm", "plain"), ("gated_delta", ""), ("gated_delta", "negative"))
    for size, (units, heads) in SIZES.items()
}
MANY = {"read_heads": 2, "write_heads": 3, "shifts": 2, "places": 33, "width": 7}  # no whole number of vectors
CASES |= {
    "ntm": {"cell": "ntm", "hidden_size": 64},
    "ntm, lstm": {"cell": "ntm", "hidden_size": 20, "cell_options": {"lstm_controller": True}},
    "ntm, many heads": {"cell": "ntm", "hidden_size": 37, "cell_options": MANY},
    "ntm, no shifts": {"cell": "ntm", "hidden_size": 8, "cell_options": {"shifts": 0, "places": 16, "width": 3}},
}
ONE_EACH = ["matrix_lstm, heads 3 of 24", "gated_delta, heads 4 of 5", "ntm, lstm", "ntm, many heads"]
AROUND = {
    "blocks": {"residual": True, "block": {"norm": "rms", "conv": 3, "gate": True, "mlp": 1}, "embedding_dim": None},
    "residual": {"residual": True, "num_layers": 3},
    "attention": {"attention": AttentionSettings(window=3)},
}


def model_of(case: str, **others: object) -> LanguageModel:
    settings = ModelSettings.model_validate({"num_layers": 2, "embedding_dim": 9, **CASES[case], **others})
    rng = np.random.default_rng(3)
    parameters = initial_parameters(settings, V, rng)
    for name, value in parameters.items():
        louder = value + 0.1 * rng.standard_normal(value.shape).astype(np.float32)
        rows = louder.reshape(-1, louder.shape[-1])
        parameters[name] = from_kernel(to_kernel(rows, rows.shape[1], 2)).reshape(value.shape)
    return LanguageModel(settings, parameters)


def agrees(model: LanguageModel, rows: int = 5, steps: int = 25) -> None:
    exact = {name: value.astype(np.float64) for name, value in model.parameters.items()}
    mine, theirs = stepper(model), DefinitionStepper(LanguageModel(model.settings, exact))
    expected, state = theirs.fresh(rows), mine.fresh(rows)
    for ids in np.random.default_rng(4).integers(0, V, (steps, rows)):
        scores, expected = theirs.step(ids, expected)
        logits, state = mine.step(ids, state)
        close(logits, scores)
    for layer, wanted in zip(state, expected, strict=True):
        assert type(layer) is type(wanted)
        for part, whole in zip(layer, wanted, strict=True):
            assert part.shape == whole.shape
            close(part, whole)


def close(found: np.ndarray, wanted: np.ndarray) -> None:
    np.testing.assert_allclose(found, wanted, atol=CLOSE * max(1.0, float(abs(wanted).max())), rtol=0)


@pytest.mark.parametrize("case", CASES)
def test_logits_and_states_are_those_of_the_definition(case: str) -> None:
    model = model_of(case)
    assert type(stepper(model)) is CompiledStepper
    agrees(model)


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("case", ONE_EACH)
def test_so_are_those_of_layers_with_something_around_them(case: str, around: str) -> None:
    model = model_of(case, **AROUND[around])
    assert type(stepper(model)) is (LayeredStepper if around == "attention" else CompiledStepper)
    agrees(model)


@pytest.mark.parametrize("case", ONE_EACH)
def test_rows_are_what_they_are_alone(case: str) -> None:
    mine = stepper(model_of(case))
    together = mine.fresh(13)
    rows = np.array([0, 12])
    alone = take_rows(together, rows)
    for ids in np.random.default_rng(5).integers(0, V, (6, 13)):
        logits, together = mine.step(ids, together)
        few, alone = mine.step(ids[rows], alone)
        np.testing.assert_array_equal(few, logits[rows])
    for layer, wanted in zip(alone, take_rows(together, rows), strict=True):
        for part, whole in zip(layer, wanted, strict=True):
            np.testing.assert_array_equal(part, whole)


def test_numbers_whose_exponentials_overflow_stay_finite() -> None:
    """Of a matrix_lstm: the exponent m goes up to a hundred and down to minus a hundred."""
    model = model_of("matrix_lstm, heads 4 of 5")
    for name in ("recurrent.bias_l0", "recurrent.bias_l1"):
        heads = model.parameters[name][-8:]
        heads[:] = [-30, 30, -30, 30, 100, -100, -100, 100]
    agrees(model)


@dataclass(frozen=True)
class Halved(MatrixLSTM):
    """A cell of one's own, with another step."""

    def step(self, weights, projected, state, below=None):
        output, after, gates = super().step(weights, projected, state, below)
        return output / 2, after, gates


def test_a_cell_made_from_one_of_them_runs_as_it_is_defined() -> None:
    layer = Layer(Halved(), 8, 8, reads_below=False, read_above=False)
    assert not can_run_layer(layer)
    assert step_engine(layer) == "definition"
    assert can_run_layer(Layer(MatrixLSTM(), 8, 8, reads_below=False, read_above=False))
