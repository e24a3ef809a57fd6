"""What holds for blocks around the cells of a stack: each option alone, all of them, and with cells that read below."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from charlm.config.settings import ModelSettings
from charlm.engines import choosing
from charlm.engines.compiled_stepper import CompiledStepper
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters, parameter_shapes
from charlm.model.state import put_rows, reset_rows, take_rows
from charlm.model.stepping import DefinitionStepper

T, B, H, V = 9, 4, 8, 6
ALL = {"norm": "rms", "conv": 4, "gate": True, "mlp": 3}
FORMS = {
    "norm": {"block": {"norm": "rms"}},
    "conv": {"block": {"conv": 3}, "embedding_dim": 5},
    "conv of one": {"block": {"conv": 1}},
    "gate": {"block": {"gate": True}, "embedding_dim": 5},
    "mlp": {"block": {"mlp": 2}, "tied": True},
    "all, not residual": {"block": ALL},
    "all": {"block": ALL, "residual": True},
    "all, with attention": {"block": ALL, "residual": True, "attention": {"window": 3}},
    "all, lstm": {"block": ALL, "residual": True, "cell": "lstm"},
    "all, grid": {"block": ALL, "residual": True, "cell": "grid"},
    "all, min_gru": {"block": ALL, "residual": True, "cell": "min_gru"},
    "all, rg_lru": {"block": ALL, "residual": True, "cell": "rg_lru"},
    "all, depth_gated": {"block": ALL, "residual": True, "cell": "depth_gated"},
}


def settings_of(**model):
    return ModelSettings.model_validate({"cell": "gru", "hidden_size": H, "num_layers": 2, **model})


def model_of(settings, dtype=np.float64, seed=0):
    """A model whose every weight matters: a little is added to the initial values."""
    rng = np.random.default_rng(seed)
    start = initial_parameters(settings, V, rng)
    values = {name: value + 0.3 * rng.standard_normal(value.shape) for name, value in start.items()}
    return LanguageModel(settings, {name: value.astype(dtype) for name, value in values.items()})


def in_torch(model):
    weights = {name: torch.tensor(value, requires_grad=True) for name, value in model.parameters.items()}
    return LanguageModel(model.settings, weights)


@pytest.fixture(params=FORMS, scope="module")
def model(request):
    return model_of(settings_of(**FORMS[request.param]))


IDS = np.random.default_rng(2).integers(0, V, (T, B))


def flat(logits, state):
    return np.concatenate([np.ravel(logits), *(np.ravel(part) for layer in state for part in layer)])


def test_numpy_and_torch_compute_the_same(model):
    ours = flat(*model.forward(IDS, model.fresh_state(B)))
    other = in_torch(model)
    with torch.no_grad():
        logits, state = other.forward(torch.tensor(IDS), other.fresh_state(B), choosing.run_with_torch)
    np.testing.assert_allclose(flat(logits, state), ours, atol=1e-11)


def test_chunks_with_the_state_carried_equal_one_run(model):
    whole = flat(*model.forward(IDS, model.fresh_state(B)))
    state, logits = model.fresh_state(B), []
    for part in (IDS[:1], IDS[1:3], IDS[3:]):
        more, state = model.forward(part, state)
        logits.append(more)
    np.testing.assert_allclose(flat(np.concatenate(logits), state), whole, atol=1e-11)


def test_rows_are_independent_and_what_comes_later_changes_nothing(model):
    whole, state = model.forward(IDS, model.fresh_state(B))
    some, own = model.forward(IDS[:, [2, 0]], model.fresh_state(2))
    np.testing.assert_allclose(flat(some, own), flat(whole[:, [2, 0]], take_rows(state, np.array([2, 0]))), atol=1e-11)
    changed = np.concatenate([IDS[:-1], (IDS[-1:] + 1) % V])
    later, _ = model.forward(changed, model.fresh_state(B))
    np.testing.assert_allclose(later[:-1], whole[:-1], atol=1e-11)
    assert abs(later[-1] - whole[-1]).max() > 1e-3


def test_rows_of_the_state_are_reset_and_put_like_any(model):
    _, state = model.forward(IDS, model.fresh_state(B))
    reset = reset_rows(state, np.array([1.0, 0, 0, 1]))
    joined = put_rows(state, np.array([0, 3]), model.fresh_state(2))
    fresh, _ = model.forward(IDS[:2, :1], model.fresh_state(1))
    for one in (reset, joined):
        logits, _ = model.forward(np.repeat(IDS[:2, :1], B, axis=1), one)
        np.testing.assert_allclose(logits[:, [0, 3]], np.repeat(fresh, 2, axis=1), atol=1e-11)


@pytest.mark.parametrize("form", FORMS)
def test_the_steppers_equal_the_forward_pass(form):
    model = model_of(settings_of(**FORMS[form]), np.float32)
    whole, _ = model.forward(IDS, model.fresh_state(B))
    for stepper, apart in ((DefinitionStepper(model), 1e-4), (choosing.stepper(model), 0.06)):
        state = stepper.fresh(B)
        for now, expected in zip(IDS, whole, strict=True):
            logits, state = stepper.step(now, state)
            assert abs(logits - expected).max() < apart * (1 + abs(whole).max())


@pytest.mark.skipif(not choosing.stepper(model_of(settings_of(), np.float32)).batch_invariant, reason="no kernels")
def test_the_kernels_step_blocks_as_a_whole_row_by_row_to_the_last_bit():
    model = model_of(settings_of(block=ALL, residual=True, hidden_size=20), np.float32)
    stepper = choosing.stepper(model)
    assert isinstance(stepper, CompiledStepper)
    rows, ids = 7, np.arange(7) % V
    _, state = stepper.step(ids, stepper.fresh(rows))
    logits, after = stepper.step(ids, state)
    for row in range(rows):
        alone, own = stepper.step(ids[[row]], take_rows(state, np.array([row])))
        np.testing.assert_array_equal(flat(alone, own), flat(logits[[row]], take_rows(after, np.array([row]))))
    uniforms = np.random.default_rng(0).random((5, rows))
    drawn, last, end = stepper.generate_next(logits, after, (), uniforms)
    for now in drawn:
        logits, after = stepper.step(now, after)
    np.testing.assert_array_equal(flat(last, end), flat(logits, after))


@pytest.mark.parametrize("form", ["conv", "mlp", "all"])
def test_gradients_are_those_of_finite_differences(form):
    settings = settings_of(**{**FORMS[form], "hidden_size": 3, "embedding_dim": None, "num_layers": 1})
    model = in_torch(model_of(settings))
    names, values = zip(*model.parameters.items(), strict=True)

    def logits(*weights):
        own = LanguageModel(settings, dict(zip(names, weights, strict=True)))
        return own.forward(torch.tensor(IDS[:4, :1]), own.fresh_state(1), choosing.run_with_torch)[0]

    assert torch.autograd.gradcheck(logits, values)


@pytest.mark.parametrize("reach", [1, 4])
def test_a_convolution_that_starts_is_none(reach):
    """Its initial weights are 1 for the present input and 0 for those before."""
    without = model_of(settings_of(block={"mlp": 1}))
    conv = settings_of(block={"mlp": 1, "conv": reach})
    start = initial_parameters(conv, V, np.random.default_rng(0))
    weights = {name: start[name] for name in start if name.endswith(".conv")}
    model = LanguageModel(conv, {**without.parameters, **weights})
    np.testing.assert_array_equal(
        model.forward(IDS, model.fresh_state(B))[0], without.forward(IDS, without.fresh_state(B))[0]
    )


def test_a_norm_does_not_feel_the_scale_of_its_input():
    model = model_of(settings_of(block={"norm": "rms"}, num_layers=1))
    louder = {**model.parameters, "embedding.weight": 50 * model.parameters["embedding.weight"]}
    quiet, loud = (each.forward(IDS, each.fresh_state(B))[0] for each in (model, LanguageModel(model.settings, louder)))
    np.testing.assert_allclose(quiet, loud, atol=1e-4)


def test_without_options_there_is_no_weight_and_no_state_of_a_block():
    settings = settings_of(block={"norm": None, "conv": 0, "gate": False, "mlp": 0}, residual=True)
    plain = settings_of(residual=True)
    assert settings == plain
    assert not any(name.startswith("blocks.") for name in parameter_shapes(settings, V))
    assert len(model_of(settings).fresh_state(1)) == 2


def test_what_adds_to_a_residual_stream_starts_smaller():
    rng = np.random.default_rng(0)
    start = initial_parameters(settings_of(block=ALL, residual=True, hidden_size=64), V, rng)
    other = initial_parameters(settings_of(block=ALL, hidden_size=64), V, rng)
    for name in ("blocks.1.out", "blocks.1.mlp_out"):
        assert start[name].std() == pytest.approx(other[name].std() / 2, rel=0.05)  # 1 / sqrt(2 * 2 layers)
