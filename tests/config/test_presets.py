"""The presets: where they are found, that each is valid, and that each value has a reason."""

import shutil
from pathlib import Path

import pytest

from charlm.cells.stacks import stack_problems
from charlm.config import presets as found
from charlm.config.given import NAMES, has_length, read_given
from charlm.config.presets import is_file_name, presets, read_preset
from charlm.config.resolving import resolve, resolve_to_train

PRESETS = {"auto", "auto-latent", "auto-pairs", "quick", "char-rnn", "large", "pairs", "tiny-shakespeare"}
EACH = pytest.mark.parametrize("name", sorted(presets()))


def test_the_names_of_the_presets():
    assert set(presets()) == PRESETS


@EACH
def test_a_preset_is_valid_for_its_cell_too(name):
    resolved = resolve_to_train(name, [], {}, [stack_problems])
    assert (
        sum(
            length is not None
            for length in (
                resolved.settings.training.steps,
                resolved.settings.training.epochs,
                resolved.settings.training.budget,
            )
        )
        == 1
    )


@EACH
def test_a_preset_sets_a_length(name):
    values = dict(read_preset(name, "here").value)
    values.pop("preset", None)
    given, problems = read_given(values, lambda path: "here")
    assert problems == []
    assert has_length(given)


def test_a_preset_may_start_from_another_one_and_the_origin_of_each_value_is_told():
    resolved = resolve_to_train("tiny-shakespeare", [], {"training.seed": 3})
    assert resolved.settings.text.splits == (0.9, 0.1, 0.0)
    assert resolved.origins["training.budget"] == "preset tiny-shakespeare"
    assert resolved.origins["model.dropout_kind"] == "preset auto"
    assert "model.hidden_size" in resolved.automatic


@EACH
def test_each_value_has_a_comment_with_its_reason(name):
    lines = presets()[name].read_text(encoding="utf-8").splitlines()
    values = [line for line in lines if line.startswith("  ") and not line.strip().startswith("#")]
    assert values
    for line in values:
        setting, _, why = line.partition("  # ")
        assert len(why.split()) >= 2, line
        assert any(known.endswith(f".{setting.strip().partition(':')[0]}") for known in NAMES), line


def test_quick_is_reproducible():
    training = resolve("quick").settings.training
    assert training.steps is not None, "a length in seconds gives another model each time"


def test_char_rnn_has_the_settings_of_the_original():
    settings = resolve("char-rnn").settings
    model, training = settings.model, settings.training
    assert (model.cell, model.hidden_size, model.num_layers, model.dropout) == ("lstm", 128, 2, 0.0)
    assert (training.optimizer, training.learning_rate, training.rms_decay) == ("rmsprop", 2e-3, 0.95)
    assert (training.schedule, training.decay, training.decay_after, training.epochs) == ("step", 0.97, 10, 50)
    assert (training.batch_size, training.seq_len) == (50, 50)
    assert (training.clip_norm, training.clip_value) == (None, 5.0)
    assert settings.text.splits == (0.95, 0.05, 0.0)


def test_an_installed_wheel_has_its_presets_in_the_package(tmp_path, monkeypatch):
    shutil.copytree(Path(found.PACKAGE).parent / "configs", tmp_path / "charlm" / "presets")
    (tmp_path / "configs").mkdir()  # of another package in site-packages
    (tmp_path / "configs" / "stranger.yaml").write_text("")
    monkeypatch.setattr(found, "PACKAGE", tmp_path / "charlm")
    assert set(presets()) == PRESETS
    assert all(path.parent == tmp_path / "charlm" / "presets" for path in presets().values())


@pytest.mark.parametrize(
    ("given", "is_file"), [("quick", False), ("my.yaml", True), ("my.yml", True), ("a/b", True), ("./a", True)]
)
def test_a_name_or_a_path(given, is_file):
    assert is_file_name(given) == is_file
