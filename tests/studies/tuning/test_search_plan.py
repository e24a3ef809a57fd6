"""What a trial of a search trains and is scored on."""

from __future__ import annotations

import pytest

from charlm.errors import UsageError


def test_a_trial_trains_and_is_scored_within_the_training_split(plan_of):
    plan = plan_of()
    outer, inner = plan.outer, plan.inner
    assert inner.splits["train"][0] == outer.splits["train"][0]
    assert inner.splits["valid"][1] == outer.splits["train"][1]
    settings = plan.trial({"model.hidden_size": 6, "training.learning_rate": 0.01})
    assert (settings.model.hidden_size, settings.training.learning_rate) == (6, 0.01)
    assert settings.text.splits == (0.8, 0.1, 0.1)
    assert (settings.training.steps, settings.training.validations) == (4, 1), "scored once, at its end"
    assert plan.resolved({}).training.validations == 1, "what was tried is what is written for a training"


def test_another_cell_drops_the_options_of_the_presets(plan_of):
    plan = plan_of()
    assert plan.trial({}).model.cell_options == {"forget_bias": 1.0}
    assert plan.trial({"model.cell": "gru"}).model.cell_options == {}


def test_the_length_of_a_trial_in_characters_depends_on_its_batches(plan_of):
    plan = plan_of(each="1280characters")
    assert plan.trial({}).training.steps == 20
    assert plan.trial({"training.batch_size": 8}).training.steps == 10
    assert plan_of(each="0.5s").trial({}).training.budget == 0.5


def test_the_first_trial_has_the_presets_values_as_far_as_the_space_has_them(plan_of):
    plan = plan_of(
        space={"training.learning_rate": {"low": 1e-3, "high": 1e-1}, "model.hidden_size": {"low": 4, "high": 8}}
    )
    assert plan.start == {"training.learning_rate": 1e-2}, "192 units are more than 8"


@pytest.mark.parametrize(
    ("overrides", "changes", "message", "where"),
    [
        (("training.steps=3",), {}, "--each is the length of all trials", "-s training.steps"),
        (("model.latent.kind=line", "text.records=true"), {"each": "500characters"}, "reads whole lines", "--each 500"),
        ((), {"space": {"model.hidden_size": {"low": 0, "high": 8}}}, "model.hidden_size must be at least 1", "line 1"),
        ((), {"space": {"model.cell": {"values": ["lstm", "gruu"]}}}, "gruu", "line 1"),
        ((), {"text": "ab"}, "The training split is too short", "charlm tune"),
        ((), {"config": "auto"}, "auto, and that needs trials whose length is a time", "--each 4steps"),
        (("training.device=cuda:99",), {}, "cuda", ""),
    ],
)
def test_a_search_that_cannot_begin_is_refused_before_anything_is_written(
    plan_of, tmp_path, overrides, changes, message, where
):
    with pytest.raises(UsageError, match=message) as caught:
        plan_of(*overrides, **changes)
    assert where in caught.value.where
    assert sorted(path.name for path in tmp_path.iterdir()) == ["space.yaml", "text.txt"]


PAIRS = "".join(f"{number}\t{str(number)[::-1]}\n" for number in range(100, 300))


@pytest.mark.parametrize(
    ("kind", "text", "each", "preset"),
    [
        ("model.pairs.kind=encoder", PAIRS, "4steps", "pairs"),
        ("model.pairs.kind=encoder", PAIRS, "2s", "auto-pairs"),
        ("model.latent.kind=line", None, "4steps", "quick"),
        ("model.latent.kind=line", None, "2s", "auto-latent"),
    ],
)
def test_each_kind_of_model_has_its_preset_and_its_space(plan_of, kind, text, each, preset):
    given = {} if text is None else {"text": text}
    plan = plan_of(kind, "text.records=true", each=each, usual=True, **given)
    assert plan.asked.preset == preset
    assert "model.num_layers" not in plan.space.settings, "-s gave it"
    assert "model.dropout" in plan.space.settings
    assert "training.seq_len" not in plan.space.settings, "lines are read whole"
    assert plan.bounded == ("latent" in kind)


def test_what_differs_between_machines_makes_no_other_search(plan_of):
    assert plan_of("training.threads=1").described() == plan_of().described()
    assert "training.optimizer" not in plan_of().described()["settings"], "a default, of which later versions have more"
    assert plan_of("model.dropout=0.3").described() != plan_of().described()
    assert plan_of(at_most_parameters=5).described() != plan_of().described()
