import numpy as np
import pytest
import torch

from charlm.errors import UsageError
from charlm.interchange.torch_form import torch_form
from tests.interchange.models import SYMBOLS, small_model


def program(form):
    """The names that the example defines."""
    made = {"__name__": "example"}
    exec(form.example, made)
    return made


@pytest.mark.parametrize("cell", ["lstm", "lstm97", "cifg", "gru", "rnn"])
def test_the_example_gives_the_logits_of_the_model(cell):
    model = small_model(cell)
    form = torch_form(model, first=3)
    module = program(form)["Model"]()
    module.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in form.arrays.items()})
    ids = np.random.default_rng(1).integers(0, SYMBOLS, (20, 3))
    state = None
    found = []
    with torch.no_grad():
        for part in (ids[:7], ids[7:]):
            logits, state = module(torch.from_numpy(part), state)
            found.append(logits.numpy())
    wanted, _ = model.forward(ids, model.fresh_state(3))
    np.testing.assert_allclose(np.concatenate(found), wanted, atol=1e-5)


def test_a_tied_head_is_written_as_a_matrix_of_its_own():
    form = torch_form(small_model(tied=True, embedding_dim=8), 0)
    np.testing.assert_array_equal(form.arrays["head.weight"], form.arrays["embedding.weight"])


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"cell": "mut1"}, "MUT1"),
        ({"residual": True}, "residual"),
        ({"attention": {"window": 4}}, "attention"),
        ({"block": {"norm": "rms"}}, "block around its cells"),
        ({"layers": [{"cell": "lstm", "hidden_size": 8}, {"cell": "lstm", "hidden_size": 4}]}, "widths"),
        ({"layers": [{"cell": "lstm", "hidden_size": 8}, {"cell": "gru", "hidden_size": 8}]}, "LSTM, GRU"),
    ],
)
def test_what_torch_has_no_module_for_is_refused(settings, said):
    with pytest.raises(UsageError) as caught:
        torch_form(small_model(**settings), 0)
    assert said in f"{caught.value.what} {caught.value.where}"
    assert "export onnx" in caught.value.remedy
