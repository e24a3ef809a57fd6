"""Settings that are `auto`: where they may be, where they are refused, and how they are shown."""

import json

import pytest

from charlm.config.automatic import AUTOMATIC
from charlm.config.given import NAMES
from charlm.config.resolving import resolve, resolve_to_train, usual_preset
from charlm.config.settings import Settings
from charlm.config.stored import json_schema, to_yaml
from charlm.errors import UsageError


def test_they_are_settings():
    assert set(AUTOMATIC) <= set(NAMES)


def test_a_training_by_time_is_automatic_unless_a_preset_is_named():
    assert set(resolve_to_train(None, [], {"training.budget": "10m"}).automatic) == set(AUTOMATIC)
    assert resolve_to_train("quick", [], {"training.budget": "10m"}).automatic == ()
    assert resolve_to_train(None, [], {"training.steps": 10}).automatic == ()
    assert resolve_to_train(None).automatic == ()


@pytest.mark.parametrize(
    ("given", "steps", "time"),
    [
        ({}, "quick", "auto"),
        ({"model.pairs.kind": "encoder"}, "pairs", "auto-pairs"),
        ({"model.latent.kind": "draw"}, "quick", "auto-latent"),
    ],
)
def test_a_kind_of_model_has_a_preset_for_updates_and_one_for_time(given, steps, time):
    assert resolve_to_train(None, [], given).origins["training.steps"] == f"preset {steps}"
    by_time = resolve_to_train(None, [f"{name}={kind}" for name, kind in given.items()], {"training.budget": "9s"})
    assert by_time.automatic == resolve_to_train(time, [], {}).automatic
    assert by_time.settings.model.dropout_kind == resolve_to_train(time, [], given).settings.model.dropout_kind


def test_what_the_user_gives_is_not_automatic():
    resolved = resolve_to_train(None, ["model.hidden_size=64"], {"training.budget": "10m"})
    assert resolved.settings.model.hidden_size == 64
    assert "model.hidden_size" not in resolved.automatic
    assert resolved.origins["model.hidden_size"] == "command line"
    assert resolved.origins["model.dropout"] == "preset auto"


def test_one_setting_alone_may_be_automatic():
    resolved = resolve_to_train("quick", ["training.learning_rate=auto"], {"training.budget": "90s"})
    assert resolved.automatic == ("training.learning_rate",)
    assert resolved.settings.model.hidden_size == resolve("quick").settings.model.hidden_size


@pytest.mark.parametrize("length", [{"training.steps": 10}, {"training.epochs": 2.0}])
def test_without_a_length_in_time_auto_is_refused(length):
    with pytest.raises(UsageError) as error:
        resolve_to_train("auto", [], length)
    assert "needs a length in time" in error.value.what
    assert "--budget 10m" in error.value.what + error.value.remedy


def test_without_any_length_auto_is_refused():
    with pytest.raises(UsageError, match="needs a length in time"):
        resolve_to_train("quick", ["training.average=auto"])


def test_who_cannot_choose_refuses_auto_in_one_sentence():
    with pytest.raises(UsageError) as error:
        resolve("auto")
    assert error.value.what.count("only a new training chooses that") == 1
    assert all(name in error.value.what for name in AUTOMATIC)


@pytest.mark.parametrize("refused", [resolve, resolve_to_train])
def test_a_refusal_says_where_auto_comes_from(refused, tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text("model:\n cell: auto")
    with pytest.raises(UsageError) as error:
        refused(str(path))
    assert str(path) in error.value.where
    assert len(str(error.value).splitlines()) == 3


def test_auto_is_refused_elsewhere():
    with pytest.raises(UsageError, match=r"model\.num_layers must be a whole number"):
        resolve_to_train(None, ["model.num_layers=auto"], {"training.budget": "10m"})


def test_auto_is_shown_as_auto():
    resolved = resolve_to_train(None, [], {"training.budget": "10m"})
    text = to_yaml(resolved.settings, resolved.automatic)
    assert text.count(": auto\n") - to_yaml(Settings()).count(": auto\n") == len(AUTOMATIC)
    assert "  hidden_size: auto\n" in text


def test_the_schema_allows_auto_where_it_is_allowed():
    defs = json_schema()["$defs"]
    for name in AUTOMATIC:
        section, _, key = name.partition(".")
        assert {"const": "auto"} in defs[f"{section.title()}Settings"]["properties"][key]["anyOf"]
    assert json.dumps(json_schema()).count('{"const": "auto"}') == len(AUTOMATIC)


@pytest.mark.parametrize(
    ("overrides", "options", "preset"),
    [
        ([], {}, "quick"),
        ([], {"training.budget": 60.0, "model.latent.kind": None}, "auto"),
        (["model.pairs.kind=encoder"], {}, "pairs"),
        (["model.pairs.kind=encoder"], {"training.budget": 60.0}, "auto-pairs"),
        ([], {"training.budget": 60.0, "model.latent.kind": "line"}, "auto-latent"),
    ],
)
def test_the_usual_preset_is_that_of_the_kind_of_model_and_of_the_length(overrides, options, preset):
    assert usual_preset(overrides, options) == preset
