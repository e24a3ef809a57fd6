"""Devices and precisions: what is chosen for which machine, and what is set while a training runs."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import pytest
import torch

from charlm.device import (
    Capabilities,
    Compute,
    best_precision,
    choose_compute,
    device_capabilities,
    gpu_has_persistent_kernels,
)
from charlm.errors import UsageError


@pytest.mark.parametrize(
    ("kind", "bf16", "card", "model", "best"),
    [
        ("cuda", True, True, True, "fp16"),  # cuDNN's persistent kernels apply
        ("cuda", True, True, False, "bf16"),
        ("cuda", True, False, True, "bf16"),
        ("cuda", True, False, False, "bf16"),
        ("cuda", False, True, True, "fp16"),  # a V100
        ("cuda", False, True, False, "fp16"),
        ("cuda", False, False, True, "fp16"),  # a T4
        ("cuda", False, False, False, "fp16"),
        *(("cpu", True, card, model, "bf16") for card, model in itertools.product((True, False), repeat=2)),
        *(("cpu", False, card, model, "fp32") for card, model in itertools.product((True, False), repeat=2)),
        ("mps", False, False, True, "fp32"),
        ("mps", False, False, False, "fp32"),
    ],
)
def test_the_best_precision(kind, bf16, card, model, best):
    assert best_precision(kind, Capabilities(bf16, persistent=card), persistent=model) == best


@pytest.mark.parametrize(
    ("capability", "multiprocessors", "persists"),
    [
        ((6, 0), 56, False),  # P100
        ((7, 0), 80, True),  # V100
        ((7, 5), 40, False),  # T4
        ((8, 0), 108, True),  # A100
        ((8, 0), 56, False),  # A30
        ((8, 6), 84, False),  # A40
        ((8, 6), 128, False),
        ((8, 9), 128, True),  # RTX 4090
        ((9, 0), 132, True),  # H100
    ],
)
def test_the_cards_that_persistent_kernels_run_on(capability, multiprocessors, persists):
    assert gpu_has_persistent_kernels(capability, multiprocessors) is persists


@pytest.mark.parametrize(
    ("card", "cudnn", "hip", "can"),
    [
        ((9, 0, 132), True, None, Capabilities(bf16=True, persistent=True)),
        ((9, 0, 132), False, None, Capabilities(bf16=True)),
        ((7, 5, 40), True, None, Capabilities(bf16=False)),
        ((9, 4, 304), True, "7.0", Capabilities(bf16=True)),  # AMD's, whose numbers mean something else
    ],
)
def test_what_a_card_can_do(monkeypatch, card, cudnn, hip, can):
    names = ("major", "minor", "multi_processor_count")
    about = SimpleNamespace(**dict(zip(names, card, strict=True)))
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: about)
    monkeypatch.setattr(torch.backends.cudnn, "is_available", lambda: cudnn)
    monkeypatch.setattr(torch.version, "hip", hip)
    assert device_capabilities("cuda:1") == can


def test_a_model_that_could_persist_changes_nothing_on_a_processor():
    assert choose_compute("cpu", persistent=True).precision == choose_compute("cpu").precision
    assert choose_compute("cpu", "fp32", persistent=True).precision == "fp32"


def test_fp16_is_refused_where_there_is_no_card():
    with pytest.raises(UsageError, match="fp16"):
        choose_compute("cpu", "fp16")


@pytest.mark.parametrize(
    ("device", "precision", "inside"),
    [("cuda:1", "fp32", "high"), ("cuda", "bf16", "highest"), ("cuda", "fp16", "highest"), ("cpu", "fp32", "highest")],
)
def test_products_are_fast_while_training_only(device, precision, inside):
    with Compute(device, precision, "a card", 1).allow_tf32():
        assert torch.get_float32_matmul_precision() == inside
    assert torch.get_float32_matmul_precision() == "highest"


def test_an_error_makes_products_exact_again():
    with pytest.raises(KeyError), Compute("cuda", "fp32", "a card", 1).allow_tf32():
        raise KeyError
    assert torch.get_float32_matmul_precision() == "highest"
