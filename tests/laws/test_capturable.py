"""What a CUDA graph requires of every stack: no operation of the forward or backward pass waits for the host.

Shape letters: T time, B rows, V symbols.
"""

from __future__ import annotations

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from charlm.cells.table import CELLS
from charlm.config.settings import ModelSettings
from charlm.engines.choosing import run_with_torch
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.model.stack import unroll_layer
from charlm.randomness import named_stream

pytestmark = pytest.mark.portable

T, B, V = 2, 3, 11
STACKS = {name: {"cell": name, "num_layers": 2} for name in CELLS} | {
    "mixed": {"layers": [{"cell": "lstm"}, {"cell": "depth_gated"}, {"cell": "rnn"}]},
    "blocks": {"cell": "mut1", "residual": True, "block": {"norm": "rms", "conv": 4, "gate": True, "mlp": 3}},
    "gru, first form": {"cell": "gru", "cell_options": {"first_form": True}},
}


class HostTensors(TorchDispatchMode):
    """Lists the operations that read or make a tensor on the host."""

    def __init__(self):
        super().__init__()
        self.operations = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        made = function(*args, **(kwargs or {}))
        if any(isinstance(each, torch.Tensor) and each.device.type == "cpu" for each in tree_leaves((args, made))):
            self.operations.append(str(function))
        return made


@pytest.mark.parametrize("recurrence", [run_with_torch, unroll_layer])
@pytest.mark.parametrize(("stack", "attention"), [*((stack, 0) for stack in STACKS), ("lstm", 2), ("mixed", 2)])
def test_no_window_waits_for_the_host(stack, attention, recurrence, monkeypatch):
    """An operation that copies from the host or reads a value there cannot be captured. Tensors without data stand for
    those of a GPU: they have no values to read, and are not on the host."""
    monkeypatch.setattr(torch, "is_autocast_enabled", lambda *device_type: False)
    settings = ModelSettings.model_validate({"hidden_size": 8, "attention": {"window": attention}, **STACKS[stack]})
    values = initial_parameters(settings, V, named_stream(3, "weights"))
    weights = {name: torch.from_numpy(value).to("meta").requires_grad_() for name, value in values.items()}
    inputs = torch.zeros(T, B, dtype=torch.long, device="meta")
    state = LanguageModel(settings, weights).fresh_state(B)
    with HostTensors() as host:
        logits, _ = LanguageModel(settings, weights).forward(inputs, state, recurrence)
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), inputs.flatten(), reduction="sum")
        torch.autograd.grad(loss, list(weights.values()), allow_unused=True)
    assert host.operations == []
