"""Windows on the device equal those of the reader, at every position and for every width of ids."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from charlm.device import Compute
from charlm.processes.lanes import share_of
from charlm.text.lanes import Lanes
from charlm.text.records.record_lanes import open_reader
from charlm.training.batches import DeviceBatches, HostBatches, open_batches, text_fits

CPU = torch.device("cpu")


def assert_same(tensors, batch):
    np.testing.assert_array_equal(tensors.inputs.numpy(), batch.inputs)
    np.testing.assert_array_equal(tensors.targets.numpy(), batch.targets)
    assert tensors.inputs.dtype == tensors.targets.dtype == torch.int64
    assert tensors.characters == (batch.targets >= 0).sum()
    assert (tensors.reset is not None) == batch.reset.any()
    if tensors.reset is not None:
        assert tensors.reset.dtype == torch.float32
        np.testing.assert_array_equal(tensors.reset.numpy(), batch.reset)


@given(
    length=st.integers(2, 120),
    rows=st.integers(1, 9),
    seq_len=st.integers(1, 40),
    dtype=st.sampled_from(["uint8", "uint16", "uint32", "<u2", ">u2", "int64"]),
)
@settings(max_examples=60, deadline=None)
def test_windows_cut_on_the_device_equal_those_of_the_reader(length, rows, seq_len, dtype):
    top = min(np.iinfo(dtype).max, 2**32 - 1)
    ids = np.random.default_rng(length).integers(0, top, length, np.uint32, endpoint=True).astype(dtype)
    lanes = Lanes(ids, rows, seq_len)
    batches = DeviceBatches(lanes, CPU)
    for position in [*range(3 * lanes.windows_per_epoch + 2), 10**6]:
        assert_same(batches.at(position), lanes.at(position))


def test_a_text_in_a_read_only_mapped_file_is_copied(tmp_path):
    np.arange(100, dtype="<u2").tofile(tmp_path / "ids")
    lanes = Lanes(np.memmap(tmp_path / "ids", "<u2", "r"), 4, 8)
    assert_same(DeviceBatches(lanes, CPU).at(0), lanes.at(0))


@pytest.mark.parametrize("end_id", [None, 0])
def test_windows_copied_from_the_host_equal_those_of_the_reader(end_id):
    ids = (np.arange(200) % 7).astype(np.uint8)
    reader = open_reader(ids, 3, 5, end_id, seed=1)
    batches = open_batches(reader, Compute("cpu", "fp32", "a CPU", 1))
    assert isinstance(batches, HostBatches)
    for position in range(2 * reader.windows_per_epoch):
        assert_same(batches.at(position), reader.at(position))


@pytest.mark.parametrize(
    ("free", "end_id", "batches"),
    [(10**9, None, DeviceBatches), (300, None, HostBatches), (10**9, 0, HostBatches)],
)
def test_a_gpu_with_room_holds_the_text(monkeypatch, free, end_id, batches):
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (free, 10**10))
    monkeypatch.setattr(Compute, "torch_device", lambda self: CPU)
    reader = open_reader((np.arange(200) % 7).astype(np.uint8), 3, 5, end_id, seed=1)
    assert type(open_batches(reader, Compute("cuda", "fp32", "a GPU", 1))) is batches


def test_a_text_takes_at_most_a_quarter_of_the_free_memory():
    assert text_fits(np.zeros(25, np.uint8), 100)
    assert not text_fits(np.zeros(13, np.uint16), 100)


@pytest.mark.parametrize("end_id", [None, 0])
def test_each_process_has_the_windows_of_its_lanes(end_id):
    ids = (np.arange(200) ** 2 % 13 % 7).astype(np.uint8)
    reader = open_reader(ids, 4, 5, end_id, seed=1)
    lanes = share_of(4, 1, 2)
    made = [HostBatches(reader, CPU, lanes)] + ([DeviceBatches(reader, CPU, lanes)] if end_id is None else [])
    everything = HostBatches(reader, CPU)
    for batches in made:
        for position in range(2 * reader.windows_per_epoch):
            found, whole = batches.at(position), everything.at(position)
            part = whole.of_rows(lanes.rows)
            assert found.characters == part.characters == whole.characters  # of all lanes
            for name in ("inputs", "targets", "reset"):
                one, other = getattr(found, name), getattr(part, name)
                assert (one is None and other is None) or torch.equal(one, other)
