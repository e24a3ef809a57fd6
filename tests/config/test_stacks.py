"""Settings of stacks: layers one by one, attention, and invalid ones."""

import pytest

from charlm.cells.stacks import stack_problems
from charlm.config.resolving import resolve
from charlm.config.stored import from_yaml, to_yaml
from charlm.errors import UsageError


def resolved(*overrides):
    return resolve(None, overrides, {}, [stack_problems]).settings.model


def test_layers_one_by_one_determine_their_number():
    model = resolved("model.layers=[{cell: lstm, hidden_size: 32}, {cell: gru}, {}]", "model.cell=rnn")
    assert model.num_layers == 3
    assert [(layer.cell, layer.hidden_size) for layer in model.stack()] == [("lstm", 32), ("gru", 192), ("rnn", 192)]
    assert model.in_short() == "lstm 32, gru 192, rnn 192"


def test_layers_and_their_number_override_each_other(tmp_path):
    (tmp_path / "my.yaml").write_text("model: {layers: [{cell: lstm}, {cell: gru}, {cell: rnn}]}")
    file = str(tmp_path / "my.yaml")
    assert resolve(file).settings.model.num_layers == 3
    model = resolve(file, ["model.num_layers=1"]).settings.model
    assert (model.layers, model.num_layers) == (None, 1)
    with pytest.raises(UsageError, match=r"model.layers has 1 layers, and model.num_layers is 2"):
        resolved("model.layers=[{}]", "model.num_layers=2")


def test_a_layer_has_the_options_of_the_models_cell_only_if_it_is_that_cell():
    options = "model.cell_options.forget_bias=3"
    model = resolved(options, "model.layers=[{}, {cell: gru}, {cell: lstm, cell_options: {forget_bias: 0}}]")
    assert [layer.cell_options for layer in model.stack()] == [{"forget_bias": 3}, {}, {"forget_bias": 0}]


def test_attention_is_set_by_name():
    assert resolved("model.attention.window=32").attention.window == 32
    assert resolved("model.attention={window: 8}").in_short().endswith(", attention 8")


def test_a_block_is_set_by_name_or_as_a_whole():
    one = resolved("model.block.norm=rms", "model.block.conv=4", "model.block.gate=true", "model.block.mlp=3")
    assert one.in_short().endswith(", norm, conv 4, gate, mlp 3")
    assert resolved("model.block={norm: rms, conv: 4, gate: true, mlp: 3}") == one
    assert not resolved("model.block={}").block.there


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["model.layers=[{hidden_sise: 3}]"], "value 1 of model.layers has no name hidden_sise"),
        (["model.layers=[{}, {hidden_size: -1}]"], "hidden_size in value 2 of model.layers must be at least 0, not -1"),
        (["model.layers=3"], "model.layers must be a list"),
        (["model.layers=[]"], "model.layers has too few values"),
        (["model.attention=3"], "model.attention must be values by name"),
        (["model.attention.windw=3"], "There is no setting model.attention.windw"),
        (["model.attention.window=-1"], "model.attention.window must be at least 0"),
        (["model.block=rms"], "model.block must be values by name, such as {norm: rms, mlp: 3}"),
        (["model.block.norm=layer"], "model.block.norm must be rms, not"),
        (["model.block.glu=true"], "There is no setting model.block.glu"),
        (["model.residual=true", "model.block.mlp=2", "model.embedding_dim=20"], "adds the embedding, too"),
        (["model.residual=true", "model.layers=[{hidden_size: 8}, {}]"], "layers of one width"),
        (["model.tied=true", "model.layers=[{hidden_size: 8}]"], "of the top layer"),
        (["model.layers=[{cell: gru}, {cell: grid}]"], "gru has none"),
        (["model.cell=clockwork", "model.hidden_size=50"], "multiple of the clockwork's 4 groups"),
    ],
)
def test_invalid_stacks_are_refused(overrides, said):
    with pytest.raises(UsageError) as caught:
        resolved(*overrides)
    assert said in f"{caught.value.what} {caught.value.where}"


@pytest.mark.parametrize(
    "overrides",
    [
        ["model.layers=[{cell: lstm, cell_options: {forget_bias: 2}}, {cell: gru}]"],
        ["model.attention.window=4"],
        ["model.block.mlp=2"],
        [],
    ],
)
def test_stored_settings_of_a_stack_are_read_back_identical(overrides):
    settings = resolve(None, overrides).settings
    assert from_yaml(to_yaml(settings)) == settings
