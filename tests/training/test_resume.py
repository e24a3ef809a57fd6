"""An interrupted and resumed training equals an uninterrupted one, bit for bit, at any cut and for any model (CPU)."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from charlm.cells.table import CELLS
from charlm.checkpoint import load_checkpoint, load_training_arrays
from charlm.checkpoint.series import newest_whole
from charlm.training.events import Finished, Saved, Updated
from charlm.training.loop import train

STEPS = 12
VARIANTS = {
    "adamw": {},
    "rmsprop, step schedule": {"optimizer": "rmsprop", "schedule": "step", "decay_after": 0.2, "clip_value": 5.0},
    "shampoo": {"optimizer": "shampoo", "weight_decay": 0.1},
    "average": {"average": 0.9},
    "accumulate": {"accumulate": 3},
    "linear, no clipping": {"schedule": "linear", "clip_norm": None},
}
MODELS = {
    **{cell: {"cell": cell} for cell in CELLS},
    "lstm with dropout": {"dropout": 0.3},
    "gru with locked dropout": {"cell": "gru", "dropout": 0.3, "dropout_kind": "locked"},
    "tied": {"tied": True},
    "blocks with dropout": {
        "cell": "gru",
        "dropout": 0.3,
        "residual": True,
        "block": {"norm": "rms", "conv": 4, "gate": True, "mlp": 2},
    },
}


def without_times(events):
    """What the events say, without clocks and folders, which differ between two runs of the same training."""
    for event in events:
        if isinstance(event, Updated):
            yield event.step, event.progress, event.epoch, event.nats, event.learning_rate, event.gradient_norm
        elif isinstance(event, Finished):
            yield event.step, event.best_step, event.best_nats, event.last_nats, event.train_nats


def assert_same_end(one, other):
    (first, _), (second, _) = newest_whole(one.run), newest_whole(other.run)
    assert first.step == second.step
    for name, value in first.parameters.items():
        np.testing.assert_array_equal(second.parameters[name], value, err_msg=name)
    arrays = load_training_arrays(second.folder)
    for name, value in load_training_arrays(first.folder).items():
        np.testing.assert_array_equal(arrays[name], value, err_msg=name)
    times = {"seconds", "validation_seconds"}
    assert {k: v for k, v in first.training.items() if k not in times} == {
        k: v for k, v in second.training.items() if k not in times
    }


def interrupt_and_resume(plan, cut):
    """Train, stop after `cut` steps, and resume from disk; gives the events before and after."""
    steps = itertools.count(1)
    before = list(train(plan, stop=lambda: next(steps) == cut))
    assert any(isinstance(event, Saved) for event in before)
    checkpoint, wrong = newest_whole(plan.run)
    assert checkpoint.step == cut
    assert not wrong
    return before, list(train(plan, resume=checkpoint))


@pytest.mark.parametrize("cut", range(1, STEPS))
def test_a_cut_after_any_step(plan_for, tmp_path, cut):
    whole = plan_for(tmp_path / "whole", model={"dropout": 0.2})
    expected = list(without_times(train(whole)))
    parts = plan_for(tmp_path / "parts", model={"dropout": 0.2})
    before, after = interrupt_and_resume(parts, cut)
    updates = [event for event in without_times(before) if len(event) == 6]
    assert updates + list(without_times(after)) == expected
    assert_same_end(whole, parts)


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_every_cell_and_dropout(plan_for, tmp_path, model, precision):
    few = {"steps": 4, "validations": 1, "sample_length": 0}
    whole = plan_for(tmp_path / "whole", few, model, precision=precision)
    list(train(whole))
    parts = plan_for(tmp_path / "parts", few, model, precision=precision)
    interrupt_and_resume(parts, 2)
    assert_same_end(whole, parts)


@pytest.mark.parametrize("training", VARIANTS.values(), ids=VARIANTS)
def test_every_optimizer_and_schedule(plan_for, tmp_path, training):
    """char-rnn #137 and torch-rnn #126 restored the weights alone."""
    whole = plan_for(tmp_path / "whole", training)
    list(train(whole))
    parts = plan_for(tmp_path / "parts", training)
    interrupt_and_resume(parts, 7)
    assert_same_end(whole, parts)


def test_a_training_on_records(plan_for, tmp_path):
    whole = plan_for(tmp_path / "whole", text={"records": True})
    list(train(whole))
    parts = plan_for(tmp_path / "parts", text={"records": True})
    interrupt_and_resume(parts, 7)
    assert_same_end(whole, parts)


def test_the_same_settings_give_the_same_bits(plan_for, tmp_path):
    plans = [plan_for(tmp_path / name) for name in ("one", "two")]
    first, second = (list(without_times(train(plan))) for plan in plans)
    assert first == second
    assert_same_end(*plans)


def test_another_seed_gives_other_weights(plan_for, tmp_path):
    plans = [plan_for(tmp_path / str(seed), {"seed": seed}) for seed in (1, 2)]
    first, second = (list(without_times(train(plan))) for plan in plans)
    assert first != second


def test_validations_and_samples_do_not_change_the_training(plan_for, tmp_path):
    """In char-rnn #17 the evaluation interval changed the training."""
    model = {"dropout": 0.3}
    few = plan_for(tmp_path / "few", {"validations": 1, "sample_length": 0}, model)
    many = plan_for(tmp_path / "many", {"validations": 12, "sample_every": 1e-6, "save_every": 1e-6}, model)
    updates = [[e for e in without_times(train(plan)) if len(e) == 6] for plan in (few, many)]
    assert updates[0] == updates[1]
    (one, _), (other, _) = newest_whole(few.run), newest_whole(many.run)
    for name, value in one.parameters.items():
        np.testing.assert_array_equal(other.parameters[name], value)


def test_a_damaged_newest_checkpoint_is_skipped_and_named(plan_for, tmp_path):
    plan = plan_for(tmp_path, {"save_every": 1e-6, "keep": 3})
    list(train(plan))
    newest = plan.run.checkpoints[-1]
    (newest / "training.safetensors").write_bytes(b"")
    checkpoint, wrong = newest_whole(plan.run)
    assert checkpoint.folder == plan.run.checkpoints[-2]
    assert len(wrong) == 1
    assert newest.name in wrong[0]
    assert load_checkpoint(checkpoint.folder).step == checkpoint.step
