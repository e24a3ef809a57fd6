"""Every kind: numpy and torch, whole lines and single steps, and what the equations imply."""

import numpy as np
import pytest
import torch
from latent_models import STEPWISE, SYMBOLS, in_torch, model_of, noise_for, parameters_of, settings_of, some_lines

from charlm.config.settings import ModelSettings
from charlm.engines.choosing import run_with_numpy, run_with_torch
from charlm.latent.lines import backwards, last_of_each
from charlm.latent.stepwise import StepwiseModel
from charlm.latent.symbol_nats import symbol_nats
from charlm.latent.table import KINDS, latent_model
from charlm.model.language_model import LanguageModel

FIELDS = ("nats", "divergence", "log_ratio", "means", "z")


def assert_same(one, other):
    for field in FIELDS:
        assert np.asarray(getattr(one, field)) == pytest.approx(
            np.asarray(getattr(other, field)), rel=1e-5, abs=1e-5
        ), field


@pytest.mark.parametrize("kind", KINDS)
def test_numpy_and_torch_and_the_engines_read_alike(kind):
    model, lines = model_of(kind, num_layers=1 if kind == "draw" else 2), some_lines()
    noise = noise_for(model, lines)
    found = model.read(lines, noise)
    assert_same(model.read(lines, noise, run_with_numpy), found)
    tensors, like = in_torch(model), torch.zeros(())
    with torch.no_grad():
        assert_same(tensors.read(some_lines(like), torch.tensor(noise), run_with_torch), found)


@pytest.mark.parametrize("kind", KINDS)
def test_what_has_no_symbol_counts_for_nothing(kind):
    model, lines = model_of(kind), some_lines()
    found = model.read(lines, noise_for(model, lines))
    assert (found.nats[lines.there == 0] == 0).all()
    assert found.log_weights[3] == found.bound[3] == 0
    assert (found.divergence[:, :3].sum(0) > 0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_padding_and_other_lines_change_no_line(kind):
    model, lines = model_of(kind), some_lines()
    noise = noise_for(model, lines)
    whole = model.read(lines, noise).log_weights
    short = type(lines)(*(part[:4, 1:2] for part in lines))
    alone = model.read(short, noise[: model.latents(4), 1:2])
    assert alone.log_weights[0] == pytest.approx(whole[1], abs=1e-4)


@pytest.mark.parametrize("kind", ["storn", "srnn"])
def test_whole_lines_at_once_are_what_the_definition_gives(kind):
    model, lines = model_of(kind, z_forcing=0.0), some_lines()
    noise = noise_for(model, lines)
    assert_same(model.read(lines, noise), StepwiseModel.read(model, lines, noise))


@pytest.mark.parametrize("kind", KINDS)
def test_the_mean_of_ln_w_is_the_bound_in_closed_form(kind):
    """ELBO = E ln p(x | z) - KL = E ln w. The draws are those of ten thousand rows."""
    settings = settings_of(kind)
    model = latent_model(settings, parameters_of(settings, 0.3))
    one = type(some_lines())(*(part[:, :1] for part in some_lines()))
    lines = type(one)(*(np.tile(part, (1, 10_000)) for part in one))
    found = model.read(lines, noise_for(model, lines), run_with_numpy)
    error = found.log_weights.std() / 100
    assert found.log_weights.mean() == pytest.approx(found.bound.mean(), abs=float(5 * error + 1e-3))


@pytest.mark.parametrize("kind", KINDS)
def test_at_first_posterior_and_prior_are_nearly_the_same(kind):
    settings = settings_of(kind)
    model = latent_model(settings, KINDS[kind].initial_parameters(settings, SYMBOLS, np.random.default_rng(1)))
    lines = some_lines()
    assert model.read(lines, noise_for(model, lines)).divergence.max() < 0.01


def test_without_its_latent_a_line_model_is_exactly_the_lstm():
    """W_z = 0, and posterior = prior."""
    model, lines = model_of("line", num_layers=2), some_lines()
    values = {name: value.copy() for name, value in model.parameters.items()}
    values["decoder.weight_ih_l0"][:, 5:] = 0
    for name in ("posterior.weight", "posterior.bias"):
        values[name][:] = 0
    for number in (0, 1):
        values[f"start_l{number}.weight"][:] = values[f"start_l{number}.bias"][:] = 0
    found = latent_model(model.settings, values).read(lines, noise_for(model, lines))

    plain = {name.replace("decoder.", "recurrent."): value for name, value in values.items()}
    plain["embedding.weight"] = values["embedding.weight"][:SYMBOLS]
    plain["recurrent.weight_ih_l0"] = values["decoder.weight_ih_l0"][:, :5]
    lstm = LanguageModel(ModelSettings(hidden_size=6, num_layers=2, embedding_dim=5), plain)
    logits, _ = lstm.forward(lines.before, lstm.fresh_state(4))
    wanted = symbol_nats(logits, lines.symbols) * lines.there
    assert found.nats == pytest.approx(wanted, abs=1e-6)
    assert -found.log_weights == pytest.approx(wanted.sum(0), abs=1e-5)


@pytest.mark.parametrize("cell", ["rnn", "gru", "grid", "mut1"])
def test_any_cell_serves(cell):
    for kind in KINDS:
        model, lines = model_of(kind, cell=cell), some_lines()
        assert np.isfinite(model.read(lines, noise_for(model, lines), run_with_numpy).log_weights).all()


@pytest.mark.parametrize("kind", KINDS)
def test_every_weight_has_a_gradient(kind):
    model = model_of(kind, z_forcing=0.1 if kind == "srnn" else 0.0)
    tensors = in_torch(model)
    for value in tensors.parameters.values():
        value.requires_grad_()
    lines = some_lines(torch.zeros(()))
    found = tensors.read(lines, torch.tensor(noise_for(model, some_lines())), run_with_torch)
    (found.nats.sum() + found.divergence.sum() + found.extra).backward()
    assert [name for name, value in tensors.parameters.items() if value.grad is None] == []
    if kind == "srnn":
        assert float(found.extra.detach()) > 0


def test_the_gradient_of_draw_is_that_of_small_differences():
    model = in_torch(model_of("draw"), torch.float64)
    lines = some_lines(torch.zeros((), dtype=torch.float64))
    noise = torch.tensor(noise_for(model, some_lines()), dtype=torch.float64)

    def loss(aim):
        values = {**model.parameters, "aim.bias": aim}
        found = type(model)(model.settings, values).read(lines, noise)
        return found.nats.sum() + found.divergence.sum()

    aim = model.parameters["aim.bias"].clone().requires_grad_()
    assert torch.autograd.gradcheck(loss, (aim,))


def test_lines_are_read_backwards_within_their_length():
    lines = some_lines()
    x = np.arange(24.0).reshape(6, 4, 1)
    turned = backwards(x, lines)
    assert turned[:4, 1, 0].tolist() == [13, 9, 5, 1]
    assert turned[4:, 1, 0].tolist() == x[4:, 1, 0].tolist()
    assert (backwards(turned, lines) == x).all()
    assert last_of_each(x, lines)[:3, 0].tolist() == [20, 13, 2]


@pytest.mark.parametrize("kind", STEPWISE)
def test_a_step_is_what_reading_gives_when_nothing_is_learnt_from_the_symbol(kind):
    """Writing draws from the prior: with q = p and no noise, both give the same probabilities."""
    model, lines = model_of(kind), some_lines()

    def silent(shape):
        return np.zeros(shape, np.float32)

    step, state, nats = model.stepping(), model.begin(4, silent), []
    for t in range(6):
        logits, state = step(lines.before[t], state, silent)
        nats.append(symbol_nats(logits, lines.symbols[t]))

    class FromThePrior(type(model)):
        def posterior(self, context, guide):
            return self.prior(context)

    read = StepwiseModel.read(FromThePrior(model.settings, model.parameters), lines, noise_for(model, lines, zero=True))
    assert read.nats == pytest.approx(np.array(nats) * lines.there, abs=1e-5)
