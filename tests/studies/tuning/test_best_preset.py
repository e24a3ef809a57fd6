"""The preset of the best trial gives the settings that were tried."""

from __future__ import annotations

import pytest

from charlm.config.resolving import resolve
from charlm.studies.tuning.best_preset import preset_text
from charlm.studies.tuning.results import TrialRow

VALUES = {"training.learning_rate": 0.0123, "model.hidden_size": 6, "model.dropout": 0.1}


@pytest.mark.parametrize(
    ("overrides", "values"),
    [
        ((), {**VALUES, "model.cell": "gru"}),
        (("text.unit=byte", "text.split_seed=9"), {**VALUES, "model.cell": "lstm"}),
        (("model.cell=gru",), {**VALUES, "model.cell_options.first_form": True}),
        (("model.attention.window=8", "text.records=true", "model.block={norm: rms, mlp: 2}"), VALUES),
        (("training.optimizer=rmsprop", "training.clip_norm=null"), {"training.weight_decay": 0.0}),
    ],
)
def test_the_preset_gives_the_settings_that_were_tried(plan_of, tmp_path, overrides, values):
    plan = plan_of(*overrides, each="0.5s")
    best = TrialRow(7, values, 1.2345, "", True, 900, 0.5, 40)
    path = tmp_path / "best.yaml"
    path.write_text(text := preset_text(plan, best, 12))
    found, tried = resolve(str(path), (), plan.asked.options).settings, plan.resolved(values)
    device = {"device": tried.training.device}
    assert found.model == tried.model
    assert found.training.model_copy(update=device) == tried.training
    assert found.text == tried.text
    assert "The best of 12 trials of 0.5s, from auto: 1.2345 nats" in text
    assert text.count("# found") >= len(values) - 1, "options of a cell share a line"
    assert "text.txt" not in text, "the command names the text"


@pytest.mark.parametrize(("overrides", "validations"), [((), 1), (("training.validations=3",), 3)])
def test_it_is_validated_as_a_trial_was_unless_the_user_says_how_often(plan_of, overrides, validations):
    plan = plan_of(*overrides, each="0.5s")
    assert plan.trial(VALUES).training.validations == 1
    assert f"\n  validations: {validations}\n" in preset_text(plan, TrialRow(0, VALUES, 1.2, "", True, 9, 0.5, 4), 1)
