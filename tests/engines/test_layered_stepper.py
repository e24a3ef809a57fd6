"""A stack of which only some layers have a kernel runs these in it, and gives what the definition gives."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from charlm.cells.own_files import trust
from charlm.config.settings import AttentionSettings, LayerSettings, ModelSettings
from charlm.device import Compute
from charlm.engines.choices import engines_of
from charlm.engines.choosing import stepper
from charlm.engines.layered_stepper import CompiledLayer, LayeredStepper
from charlm.engines.stream_arrays import from_kernel, to_kernel
from charlm.kernels import library
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.model.state import take_rows
from charlm.model.stepping import DefinitionStepper

if library() is None:
    pytest.skip("the kernels are not compiled here", allow_module_level=True)

# Two cells whose steps have an operation between units, and so no kernel; the second has a memory for a layer above.
CELLS = """
from dataclasses import dataclass

from charlm.cells.arrays import softmax
from charlm.cells.lstm import LSTM
from charlm.cells.rnn import RNN


@dataclass(frozen=True)
class Soft(RNN):
    torch_kernel = None

    def step(self, weights, projected, state, below=None):
        h = softmax(projected + state.h @ weights["weight_hh"].T)
        return h, type(state)(h), {}


@dataclass(frozen=True)
class SoftMemory(LSTM):
    torch_kernel = None

    def step(self, weights, projected, state, below=None):
        h, after, gates = super().step(weights, projected, state)
        return softmax(h), after, gates
"""
STACKS = {
    "soft, lstm": {},
    "lstm, soft": {},
    "mut1, soft, gru": {},
    "soft memory, grid": {},
    "lstm, grid, soft, lstm": {"residual": True, "embedding_dim": 10},
    "lstm, lstm": {"attention": AttentionSettings(window=3)},
    "soft, gru": {"attention": AttentionSettings(window=3)},
}
UNITS, V = 24, 30

every_stack = pytest.mark.parametrize("names", STACKS)


@pytest.fixture
def cells(tmp_path: Path) -> dict[str, str]:
    """The names of both cells, by what the stacks call them."""
    path = tmp_path / "soft.py"
    path.write_text(CELLS)
    sha256 = trust(str(path))
    return {"soft": f"{path}:Soft@{sha256}", "soft memory": f"{path}:SoftMemory@{sha256}"}


def model_of(names: str, own: dict[str, str]) -> LanguageModel:
    layers = tuple(LayerSettings(cell=own.get(name, name), hidden_size=UNITS) for name in names.split(", "))
    settings = ModelSettings(layers=layers, num_layers=len(layers), **STACKS[names])
    return LanguageModel(settings, initial_parameters(settings, V, np.random.default_rng(3)))


@every_stack
def test_logits_and_states_are_those_of_the_definition(names: str, cells: dict[str, str]) -> None:
    model = model_of(names, cells)
    theirs, mine = DefinitionStepper(model), stepper(model)
    assert type(mine) is LayeredStepper
    expected, state = theirs.fresh(7), mine.fresh(7)
    rng = np.random.default_rng(4)
    for _ in range(20):
        ids = rng.integers(0, V, 7)
        scores, expected = theirs.step(ids, expected)
        before = [part.copy() for layer in state for part in layer]
        given = state
        logits, state = mine.step(ids, state)
        assert logits.shape == scores.shape
        np.testing.assert_allclose(logits, scores, atol=0.01 * max(1.0, float(abs(scores).max())))
        assert all(np.array_equal(a, b) for a, b in zip(before, (x for layer in given for x in layer), strict=True))
    for layer, other in zip(state, expected, strict=True):
        assert type(layer) is type(other)
        for part, wanted in zip(layer, other, strict=True):
            np.testing.assert_allclose(part, wanted, atol=0.02 * max(1.0, float(abs(wanted).max())))


@every_stack
def test_every_layer_that_has_a_kernel_runs_in_it(
    names: str, cells: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = model_of(names, cells)
    ran = []
    original = CompiledLayer.step

    def counted(self, *given):
        ran.append(self)
        return original(self, *given)

    monkeypatch.setattr(CompiledLayer, "step", counted)
    mine = stepper(model)
    mine.step(np.array([1]), mine.fresh(1))
    expected = tuple("definition" if name.startswith("soft") else "stream kernel" for name in names.split(", "))
    assert len(ran) == expected.count("stream kernel") > 0
    assert engines_of(model.settings, Compute("cpu", "fp32", "a CPU", 1)).step == expected


def test_rows_of_a_kernel_are_what_they_are_alone(cells: dict[str, str]) -> None:
    """Its part is batch invariant; the stack is not, because numpy's products are not."""
    model = model_of("lstm, lstm", cells)
    layer = CompiledLayer(model.layers[1], model.layer_weights[1], None)
    x = np.random.default_rng(5).standard_normal((29, UNITS)).astype(np.float32)
    state = model.fresh_state(29)[1]
    together, _, after = layer.step(x, state, None)
    for row in (0, 28):
        (one,) = take_rows((state,), np.array([row]))
        alone, _, after_alone = layer.step(x[row : row + 1], one, None)
        assert np.array_equal(alone[0], together[row])
        assert all(np.array_equal(a[0], b[row]) for a, b in zip(after_alone, after, strict=True))


def test_it_is_pickled_as_its_model(cells: dict[str, str]) -> None:
    mine = stepper(model_of("lstm, soft", cells))
    again = pickle.loads(pickle.dumps(mine))
    assert type(again) is LayeredStepper
    logits, _ = mine.step(np.array([2]), mine.fresh(1))
    assert np.array_equal(again.step(np.array([2]), again.fresh(1))[0], logits)


def test_numbers_for_a_kernel_of_bfloat16_are_rounded_as_torch_rounds() -> None:
    x = np.random.default_rng(6).standard_normal((5, 7)).astype(np.float32)
    x[0, :3] = np.nan, np.inf, 1 + 2**-8
    wide = from_kernel(to_kernel(x, 8, 2))
    np.testing.assert_array_equal(wide[:, :7], torch.tensor(x).bfloat16().float().numpy())
    assert not wide[:, 7].any()
    np.testing.assert_array_equal(from_kernel(to_kernel(x, 8, 4))[:, :7], x)
