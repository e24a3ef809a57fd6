"""Devices and precisions: what is chosen on which machine, and tf32 while training."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from charlm import device, machine
from charlm.device import Compute, best_precision, choose_compute, multiplies_bf16
from charlm.errors import UsageError


@pytest.mark.parametrize(
    ("device_type", "bf16", "best"),
    [
        ("cuda", True, "bf16"),
        ("cuda", False, "fp16"),  # a V100 or a T4
        ("cpu", True, "bf16"),
        ("cpu", False, "fp32"),
        ("mps", False, "fp32"),
    ],
)
def test_the_best_precision(device_type, bf16, best):
    assert best_precision(device_type, bf16) == best


@pytest.mark.parametrize(
    ("major", "hip", "native"),
    [
        (9, None, True),  # an H100
        (8, None, True),  # an A100
        (7, None, False),  # a V100 or a T4
        (9, "7.0", True),
        (6, "7.0", True),  # AMD's capability has another meaning
    ],
)
def test_the_gpus_that_multiply_bf16(monkeypatch, major, hip, native):
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: SimpleNamespace(major=major))
    monkeypatch.setattr(torch.version, "hip", hip)
    assert multiplies_bf16("cuda:1") is native


def test_an_unknown_precision_is_refused():
    with pytest.raises(UsageError, match="no precision fp8") as refused:
        choose_compute("cpu", "fp8")
    assert "fp32, bf16, fp16" in refused.value.remedy


def test_fp16_is_refused_on_a_cpu():
    with pytest.raises(UsageError, match="fp16"):
        choose_compute("cpu", "fp16")


@pytest.mark.parametrize(
    ("name", "precision", "inside"),
    [("cuda:1", "fp32", "high"), ("cuda", "bf16", "highest"), ("cuda", "fp16", "highest"), ("cpu", "fp32", "highest")],
)
def test_tf32_is_allowed_inside_only(name, precision, inside):
    with Compute(name, precision, "a GPU", 1).allow_tf32():
        assert torch.get_float32_matmul_precision() == inside
    assert torch.get_float32_matmul_precision() == "highest"


def test_an_error_disallows_tf32_again():
    with pytest.raises(KeyError), Compute("cuda", "fp32", "a GPU", 1).allow_tf32():
        raise KeyError
    assert torch.get_float32_matmul_precision() == "highest"


@pytest.mark.parametrize(
    ("device_type", "precision_asked", "flags", "noted"),
    [
        ("cpu", "bf16", {"avx2", "fma"}, True),
        ("cpu", "bf16", {"avx512f"}, True),
        ("cpu", "bf16", {"avx512f", "avx512_bf16"}, False),
        ("cpu", "bf16", {"asimd", "bf16"}, False),  # Arm's name for it
        ("cpu", "bf16", set(), False),  # the system lists no flags
        ("cpu", "fp32", {"avx2"}, False),
        ("cuda", "bf16", {"avx2"}, False),
    ],
)
def test_a_note_says_where_bf16_is_slower(monkeypatch, device_type, precision_asked, flags, noted):
    monkeypatch.setattr(device, "processor_flags", lambda: frozenset(flags))
    notes = device.precision_notes(device_type, precision_asked)
    assert bool(notes) is noted
    assert not noted or ("bf16 is slower" in notes[0] and "fp32" in notes[0])


@pytest.mark.parametrize(
    ("wanted", "environment", "threads", "note"),
    [
        (None, None, 2, ""),
        (1, None, 1, ""),
        (1, "2", 1, ""),
        (None, "1", 1, ""),
        (None, "1,4", 1, ""),  # OpenMP's list, one number for each level of nesting
        (None, "many", 2, ""),
        (None, "16", 2, "OMP_NUM_THREADS=16"),
        (7, "1", 2, "training.threads=7"),
    ],
)
def test_no_more_threads_than_cores_compute(monkeypatch, wanted, environment, threads, note):
    monkeypatch.setattr(machine, "cores", lambda: 2)
    monkeypatch.setattr(device, "cores", lambda: 2)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if environment:
        monkeypatch.setenv("OMP_NUM_THREADS", environment)
    before = torch.get_num_threads()
    try:
        compute = choose_compute("cpu", "fp32", wanted)
        assert compute.threads == torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    assert len(compute.notes) == bool(note)
    assert all(note in each and "2 cores" in each for each in compute.notes)


def started_by_torchrun(monkeypatch, local_rank, local_size):
    for name, number in (("RANK", local_rank), ("LOCAL_RANK", local_rank), ("LOCAL_WORLD_SIZE", local_size)):
        monkeypatch.setenv(name, str(number))


def test_processes_that_train_together_have_a_gpu_each(monkeypatch):
    started_by_torchrun(monkeypatch, 1, 2)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert device.own_gpu("cuda") == "cuda:1"
    assert device.own_gpu("cpu") == "cpu"
    with pytest.raises(UsageError, match="cuda:0 is one"):
        device.own_gpu("cuda:0")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(UsageError, match="GPUs here: 1") as refused:
        device.own_gpu("cuda")
    assert "at most 1" in refused.value.remedy


def test_a_note_says_how_processes_share_the_cores(monkeypatch):
    started_by_torchrun(monkeypatch, 0, 2)
    for module in (machine, device):
        monkeypatch.setattr(module, "cores", lambda: 4)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # torchrun's
    assert device.thread_notes(None) == (
        "2 processes share 4 cores: each has 2 threads; -s training.threads=N gives another number",
    )
    assert device.thread_notes(1) == ()
