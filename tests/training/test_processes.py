"""Several processes train what one does. They are threads here; tests/cli/test_train_processes.py starts real ones."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from group_of_threads import in_threads

from charlm.config.settings import Settings
from charlm.device import Compute
from charlm.errors import UsageError
from charlm.model.parameters import initial_parameters
from charlm.model.stack import unroll_layer
from charlm.processes.group import ALONE
from charlm.randomness import named_stream
from charlm.text.lanes import Lanes
from charlm.text.records.record_lanes import RecordLanes
from charlm.training.checkpointing import require_same_weights, training_arrays
from charlm.training.trainer import Trainer

V, B, T, UPDATES = 11, 16, 5, 50
CPU = Compute("cpu", "fp32", "a CPU", 1)
IDS = (np.arange(2000) ** 2 % 101 % V).astype(np.uint8)


def settings_of(training=None, model=None):
    return Settings.model_validate(
        {
            "model": {"hidden_size": 8, "num_layers": 2, **(model or {})},
            "training": {"batch_size": B, "seq_len": T, "learning_rate": 0.01, **(training or {})},
        }
    )


def trained(settings, group=ALONE, dtype=np.float32, updates=UPDATES, reader=None):
    """What so many updates make of the model: results, weights and training arrays."""
    initial = initial_parameters(settings.model, V, named_stream(1, "weights"))
    recurrence = unroll_layer if dtype == np.float64 else None
    trainer = Trainer(
        settings, V, B, CPU, recurrence, {name: value.astype(dtype) for name, value in initial.items()}, group
    )
    reader = reader or Lanes(IDS, B, T)
    positions = itertools.count(0, settings.training.accumulate)
    results = [trainer.update(reader, next(positions), 0.01) for _ in range(updates)]
    return results, trainer.parameters(), training_arrays(trainer)


def assert_equal(found, wanted):
    assert list(found) == list(wanted)
    for name, value in wanted.items():
        assert np.array_equal(found[name], value), name


@pytest.mark.parametrize("size", [2, pytest.param(4, marks=pytest.mark.slow)])
def test_law_processes_equal_one_in_float64(size):
    settings = settings_of(model={"dropout": 0.3})
    results, wanted, arrays = trained(settings, dtype=np.float64)
    assert wanted["head.bias"].dtype == np.float64
    for rank, (found, weights, kept) in enumerate(in_threads(size, lambda group: trained(settings, group, np.float64))):
        for name, value in wanted.items():
            assert np.abs(weights[name] - value).max() < 1e-6
        for one, other in zip(found, results, strict=True):
            assert one.characters == other.characters
            assert one.nats == pytest.approx(other.nats, abs=1e-6)
        if rank == 0:
            assert arrays["state.0.h"].shape == kept["state.0.h"].shape
            assert np.abs(arrays["state.1.h"] - kept["state.1.h"]).max() < 1e-6


@pytest.mark.parametrize(
    ("model", "training", "sizes"),
    [
        ({"dropout": 0.3}, {}, (2, 8)),
        ({}, {"optimizer": "shampoo"}, (2,)),
        ({"dropout": 0.3, "dropout_kind": "locked", "weight_drop": 0.2, "cell": "gru"}, {"accumulate": 2}, (4,)),
    ],
)
def test_law_the_ordered_sum_has_the_same_bits_for_any_number_of_processes(model, training, sizes):
    settings = settings_of({"ordered_sum": True, "average": 0.9, **training}, model)
    results, wanted, arrays = trained(settings, updates=5)
    for size in sizes:
        found = in_threads(size, lambda group: trained(settings, group, updates=5))
        for one, weights, _ in found:
            assert one == results
            assert_equal(weights, wanted)
        assert_equal(found[0][2], arrays)  # of process 0: the state of all lanes too


def test_records_are_shared_out_too():
    ids = np.where(IDS == 3, 0, IDS)
    settings = settings_of({"ordered_sum": True})

    def reader():
        return RecordLanes(ids, 0, B, T, seed=1)

    results, wanted, _ = trained(settings, updates=8, reader=reader())
    for one, weights, _ in in_threads(2, lambda group: trained(settings, group, updates=8, reader=reader())):
        assert one == results
        assert_equal(weights, wanted)


def test_a_window_that_is_not_finite_in_one_process_is_skipped_by_all_and_leaves_every_state():
    settings = settings_of()

    def work(group):
        trainer = Trainer(settings, V, B, CPU, group=group)
        reader = Lanes(IDS, B, T)
        trainer.update(reader, 0, 0.01)
        state = [part.clone() for layer in trainer.state for part in layer]
        if group.rank == 1:
            trainer.state[0].h[0, 0] = torch.nan
        broken = trainer.update(reader, 1, 0.01)
        after = [part for layer in trainer.state for part in layer]
        kept = group.rank == 1 or all(torch.equal(one, other) for one, other in zip(after, state, strict=True))
        return broken.applied, kept, trainer.parameters()

    found = in_threads(2, work)
    assert [each[:2] for each in found] == [(False, True)] * 2
    assert_equal(found[1][2], found[0][2])


def test_lanes_that_cannot_be_shared_are_refused_before_anything_is_built():
    with pytest.raises(UsageError, match="cannot be divided by 8"):
        Trainer(settings_of({"ordered_sum": True}), V, 12, CPU)


def test_weights_that_differ_are_found_before_a_checkpoint_is_written():
    def work(group):
        weights = {"bias": np.float32([1.0, 2.0])}
        require_same_weights(group, weights)
        weights["bias"][1] += 1e-6 * (group.rank == 2)
        try:
            require_same_weights(group, weights)
        except Exception as error:
            return str(error)
        return ""

    first, *others = in_threads(3, work)
    assert "no longer have the same weights" in first
    assert "process 0 and 2" in first
    assert others == ["", ""]
