"""The engines that choosing.py chooses for a model, as a value: for `charlm doctor`, the benchmark and notes.

Knows no training and no command.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from charlm.config.settings import ModelSettings
from charlm.device import Compute
from charlm.engines.choosing import (
    Engine,
    captures_windows,
    definition_notes,
    numpy_engine,
    step_engine,
    torch_engine,
)
from charlm.model.language_model import LanguageModel
from charlm.model.state import fresh_state


@dataclass(frozen=True)
class Engines:
    """The engine of each job of a model. Each layer has one; the lowest comes first."""

    train: tuple[Engine, ...]
    captured: bool  # whether training windows are captured as a CUDA graph
    score: tuple[Engine, ...]  # in torch, on the device: validation and long texts
    score_numpy: tuple[Engine, ...]  # in numpy: short texts
    step: tuple[Engine, ...]  # one stream, on the CPU
    step_many: tuple[Engine, ...]  # many streams at once
    notes: tuple[str, ...]  # which layers run as their definition, and why


def engines_of(model_settings: ModelSettings, compute: Compute) -> Engines:
    """The engines that run a model of these settings on this device. The precision is that of training."""
    import torch

    model = LanguageModel(model_settings, {})
    on_cpu = compute.device_type == "cpu"
    # A tensor without data stands for one on a GPU: all that counts is that it is not on the CPU.
    like = torch.empty(0, device="cpu" if on_cpu else "meta")
    with torch.autocast("cpu", torch.bfloat16, enabled=on_cpu and compute.precision == "bf16"):
        train = tuple(torch_engine(layer, like) for layer in model.layers)
    states = fresh_state(model.layers, (), 0, 1, like=np.zeros(0, np.float32))
    step = tuple(map(step_engine, model.layers))
    on_gpu: tuple[Engine, ...] = tuple("cuda graph" for _ in step)
    return Engines(
        train=train,
        captured=captures_windows(compute.device_type),
        score=tuple(torch_engine(layer, like) for layer in model.layers),
        score_numpy=tuple(numpy_engine(layer, state) for layer, state in zip(model.layers, states, strict=True)),
        step=step,
        step_many=on_gpu if compute.device_type == "cuda" else step,
        notes=definition_notes(model.layers, compute.device_type),
    )
