import numpy as np
import pytest
import torch

from charlm.interchange.torch_weights import torch_stack
from charlm.model.language_model import LanguageModel

V, E, H = 7, 6, 8


def state_dict(module, names=("embedding", "recurrent", "head"), **options):
    """The weights of a model as others write it, and its logits for some ids."""
    torch.manual_seed(0)
    parts = torch.nn.ModuleDict(
        {
            names[0]: torch.nn.Embedding(V, options.pop("embedding", E)),
            names[1]: getattr(torch.nn, module)(E, H, 2, **{key: v for key, v in options.items() if key != "head"}),
            names[2]: torch.nn.Linear(H, V, bias=options.get("head", True)),
        }
    )
    ids = torch.randint(0, V, (9, 2))
    with torch.no_grad():
        logits = parts[names[2]](parts[names[1]](parts[names[0]](ids))[0])
    return {key: value.numpy() for key, value in parts.state_dict().items()}, ids.numpy(), logits.numpy()


def assert_same(stack, ids, logits):
    model = LanguageModel(stack.model, stack.parameters)
    np.testing.assert_allclose(model.forward(ids, model.fresh_state(ids.shape[1]))[0], logits, atol=1e-5)


@pytest.mark.parametrize("module", ["LSTM", "GRU", "RNN"])
@pytest.mark.parametrize(
    "names", [("embedding", "recurrent", "head"), ("encoder", "rnn", "decoder"), ("emb", "a", "fc")]
)
def test_a_model_of_torch_gives_the_same_logits_here(module, names):
    weights, ids, logits = state_dict(module, names)
    stack = torch_stack(weights, V)
    assert stack.model.cell == module.lower()
    assert_same(stack, ids, logits)
    assert bool(stack.notes) == (module == "RNN")


def test_modules_without_biases_get_zeros():
    weights, ids, logits = state_dict("LSTM", bias=False, head=False)
    assert_same(torch_stack(weights, V), ids, logits)


def test_one_hot_inputs_get_the_identity_as_embedding():
    torch.manual_seed(0)
    lstm, head = torch.nn.LSTM(V, H), torch.nn.Linear(H, V)
    ids = torch.randint(0, V, (9, 2))
    with torch.no_grad():
        logits = head(lstm(torch.nn.functional.one_hot(ids, V).float())[0])
    weights = {f"lstm.{key}": value.numpy() for key, value in lstm.state_dict().items()}
    weights |= {f"out.{key}": value.numpy() for key, value in head.state_dict().items()}
    stack = torch_stack(weights, V)
    assert "one-hot" in stack.notes[0]
    assert_same(stack, ids.numpy(), logits.numpy())


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        (lambda w: {key: value for key, value in w.items() if "recurrent" not in key}, "weight_ih_l0"),
        (lambda w: {key: value for key, value in w.items() if "head" not in key}, "output layer"),
        (lambda w: {key: value for key, value in w.items() if "embedding" not in key}, "embedding"),
        (lambda w: w | {"recurrent.weight_ih_l0_reverse": w["recurrent.weight_ih_l0"]}, "backwards"),
        (lambda w: w | {"other.weight_ih_l0": w["recurrent.weight_ih_l0"]}, "2 recurrent modules"),
        (lambda w: w | {"norm.weight": np.ones(H, np.float32)}, "norm.weight"),
        (lambda w: w | {"recurrent.weight_hh_l0": np.ones((2 * H, H), np.float32)}, "2 blocks"),
        (lambda w: w | {"recurrent.weight_hh_l0": np.ones((H + 1, H), np.float32)}, "square"),
    ],
)
def test_what_does_not_fit_is_named(spoilt, said):
    weights, _, _ = state_dict("LSTM")
    with pytest.raises(ValueError, match=said):
        torch_stack(spoilt(weights), V)
