"""The optimizers equal torch's classes bit for bit, without what those import."""

import subprocess
import sys

import pytest
import torch

from charlm.config.settings import TrainingSettings
from charlm.training.optimizer import Optimizer

CASES = {
    "adamw": ({"optimizer": "adamw", "weight_decay": 0.3, "betas": (0.8, 0.95)}, {"betas": (0.8, 0.95), "fused": True}),
    "rmsprop": ({"optimizer": "rmsprop", "weight_decay": 0.3, "rms_decay": 0.9}, {"alpha": 0.9, "foreach": True}),
}


def weights():
    torch.manual_seed(1)
    return {name: torch.randn(shape).requires_grad_() for name, shape in (("w", (4, 3)), ("b", (4,)), ("unused", (2,)))}


def gradients(step):
    torch.manual_seed(10 + step)
    return {"w": torch.randn(4, 3), "b": torch.randn(4)}


def classes_of_torch(name, of):
    given, theirs = CASES[name]
    build = {"adamw": torch.optim.AdamW, "rmsprop": torch.optim.RMSprop}[name]
    groups = [
        {"params": [of["w"]], "weight_decay": given["weight_decay"]},
        {"params": [of["b"], of["unused"]], "weight_decay": 0.0},
    ]
    return build(groups, lr=1.0, **theirs)


@pytest.mark.parametrize("name", CASES)
def test_updates_equal_those_of_torch(name):
    ours, theirs = weights(), weights()
    optimizer, other = Optimizer(TrainingSettings(**CASES[name][0]), ours), classes_of_torch(name, theirs)
    for step in range(5):
        for group in other.param_groups:
            group["lr"] = 0.01 * (step + 1)
        optimizer.lr = 0.01 * (step + 1)
        for key, gradient in gradients(step).items():
            ours[key].grad, theirs[key].grad = gradient.clone(), gradient.clone()
        optimizer.step()
        other.step()
        optimizer.zero_grad()
        assert all(torch.equal(ours[key], theirs[key]) for key in ours)
    assert all(weight.grad is None for weight in ours.values())
    for key, values in optimizer.state.items():
        assert all(torch.equal(value, other.state[theirs[key]][kind]) for kind, value in values.items())
    assert set(optimizer.state) == {"w", "b"}


@pytest.mark.parametrize("given", [*(given for given, _ in CASES.values()), {"optimizer": "shampoo"}])
def test_a_loaded_state_continues(given):
    whole, parts = weights(), weights()
    optimizer = Optimizer(TrainingSettings(**given), whole)
    loaded = Optimizer(TrainingSettings(**given), parts)
    for step in range(4):
        if step == 2:
            with torch.no_grad():
                for key, weight in whole.items():
                    parts[key].copy_(weight)
            loaded.load({key: {kind: v.clone() for kind, v in each.items()} for key, each in optimizer.state.items()})
        for key, gradient in gradients(step).items():
            whole[key].grad, parts[key].grad = gradient.clone(), gradient.clone()
        optimizer.step()
        if step >= 2:
            loaded.step()
    assert all(torch.equal(whole[key], parts[key]) for key in whole)


@pytest.mark.parametrize(
    "state",
    [
        {"w": {"step": torch.zeros(())}},
        {"w": {"step": torch.zeros(()), "exp_avg": torch.zeros(4, 3), "square_avg": torch.zeros(4, 3)}},
        {"w": {"step": torch.zeros(()), "exp_avg": torch.zeros(3, 4), "exp_avg_sq": torch.zeros(4, 3)}},
        {"w": {"step": torch.zeros(1), "exp_avg": torch.zeros(4, 3), "exp_avg_sq": torch.zeros(4, 3)}},
        {"other": {"step": torch.zeros(()), "exp_avg": torch.zeros(4, 3), "exp_avg_sq": torch.zeros(4, 3)}},
    ],
    ids=["incomplete", "of another optimizer", "another shape", "another count", "another weight"],
)
def test_a_state_of_another_model_or_optimizer_is_refused(state):
    optimizer = Optimizer(TrainingSettings(), weights())
    with pytest.raises((ValueError, KeyError)):
        optimizer.load(state)
    assert optimizer.state == {}


def test_a_training_does_not_import_the_compiler_of_torch(verse, tmp_path):
    """It takes a second or two of every start, and no part of a training on a processor needs it."""
    program = """
import sys
from charlm.config.resolving import resolve
from charlm.training.experiment import begin
options = {"text.sources": [sys.argv[1]], "training.steps": 2, "model.hidden_size": 8}
print([type(event).__name__ for event in begin(resolve(None, [], options).settings)])
sys.exit("torch._dynamo was imported" if "torch._dynamo" in sys.modules else 0)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(verse)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "Finished" in done.stdout
    assert done.returncode == 0, done.stderr
