"""The line that doctor suggests: it repeats every option, and a shell reads it as it was meant."""

import shlex

from charlm.diagnosis.command import GivenOptions


def test_every_option_is_repeated_and_quoted():
    overrides = ["model.cell=gru", "text.sources=[a b.txt]"]
    given = GivenOptions.of("my file.yaml", overrides, [("--encoding", "cp1252"), ("--device", None)])
    line = given.train_command(["it's here.txt", "-n.txt"], ("-s", "text.records=true"))
    assert shlex.split(line) == [
        *("charlm", "train", "it's here.txt", "./-n.txt", "-c", "my file.yaml"),
        *("-s", "model.cell=gru", "-s", "text.sources=[a b.txt]", "--encoding", "cp1252", "-s", "text.records=true"),
    ]


def test_standard_input_is_a_file_to_name():
    assert GivenOptions().train_command(["-"]) == "charlm train - < FILE"


def test_a_preset_or_a_setting_of_the_model_chooses_the_model():
    assert GivenOptions.of("large", [], []).choose_model
    assert GivenOptions.of(None, ["model.hidden_size=8"], []).choose_model
    assert not GivenOptions.of(None, ["training.seed=8"], [("--device", "cpu")]).choose_model
