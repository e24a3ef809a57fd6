import numpy as np
import pytest

from charlm.cells.table import CELLS
from charlm.interchange.onnx_step import TOLERANCE, largest_difference, onnx_step, state_names
from tests.interchange.models import small_model


@pytest.mark.slow
def test_a_graph_gives_the_logits_of_the_model_and_one_with_other_weights_does_not():
    model = small_model("rnn", num_layers=1, attention={"window": 3})
    content = onnx_step(model)
    assert largest_difference(model, content) <= TOLERANCE
    assert state_names(model.fresh_state(1))[0] == "h_1"
    model.parameters["head.bias"][0] += 0.1
    np.testing.assert_allclose(largest_difference(model, content), 0.1, atol=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("cell", CELLS)
def test_every_cell_has_a_graph(cell):
    model = small_model(cell, hidden_size=16, embedding_dim=16, residual=True)
    assert largest_difference(model, onnx_step(model)) <= TOLERANCE


@pytest.mark.slow
def test_blocks_are_in_the_graph():
    block = {"norm": "rms", "conv": 4, "gate": True, "mlp": 2}
    model = small_model("gru", hidden_size=16, embedding_dim=16, residual=True, block=block)
    assert largest_difference(model, onnx_step(model)) <= TOLERANCE
