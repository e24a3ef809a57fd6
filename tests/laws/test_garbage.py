"""No update leaves arrays behind that only the garbage collector finds: it may not run for thousands of updates.

Python frees an object when nothing refers to it any more. Objects that refer to each other in a cycle wait for the
collector, and with them the arrays of a whole window.
"""

from __future__ import annotations

import gc

import numpy as np
import pytest
import torch
from traced import TRACED

from charlm.config.settings import Settings
from charlm.device import Compute
from charlm.engines.choosing import run_with_torch
from charlm.engines.scan import scan
from charlm.model.stack import unroll_layer
from charlm.text.lanes import Lanes
from charlm.training.trainer import Trainer

from .test_capturable import STACKS

V, B, T = 7, 3, 6


def run_as_scan(layer, *given):
    return scan(layer.cell, *given)


def arrays_in_cycles(work):
    """The tensors and arrays that only the collector finds after the work."""
    gc.collect()
    gc.freeze()  # what is there already need not be searched again, neither here nor by the tests that follow
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        work()
        gc.collect()
        return [each for each in gc.garbage if isinstance(each, torch.Tensor | np.ndarray)]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


@pytest.mark.parametrize("recurrence", [run_with_torch, run_as_scan, unroll_layer])
@pytest.mark.parametrize("stack", STACKS)
def test_no_update_leaves_arrays_to_the_garbage_collector(stack, recurrence):
    if recurrence is run_as_scan and STACKS[stack].get("cell", "lstm") not in TRACED:
        pytest.skip("its step cannot be traced")
    model = {"hidden_size": 8, **STACKS[stack]}
    settings = Settings.model_validate({"model": model, "training": {"batch_size": B, "seq_len": T}})
    reader = Lanes((np.arange(120) ** 2 % 31 % V).astype(np.uint8), B, T)
    trainer = Trainer(settings, V, B, Compute("cpu", "fp32", "a CPU", 1), recurrence)
    trainer.update(reader, 0, 1e-2)
    assert arrays_in_cycles(lambda: [trainer.update(reader, position, 1e-2) for position in range(1, 4)]) == []


def test_a_cycle_is_found():
    def work():
        kept = [torch.zeros(1)]
        kept.append(kept)

    assert len(arrays_in_cycles(work)) == 1
