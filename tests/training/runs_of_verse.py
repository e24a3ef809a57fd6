"""Settings of small trainings on a text file, and what their newest checkpoint holds."""

from __future__ import annotations

import itertools

from charlm.checkpoint import load_checkpoint, load_training_arrays
from charlm.config.settings import Settings

STEPS = 8
TIMES = {"seconds", "validation_seconds"}


def settings_for(source, model=None, text=None, **training):
    return Settings.model_validate(
        {
            "text": {"sources": [str(source)], **(text or {})},
            "model": {"hidden_size": 8, "num_layers": 1, "dropout": 0.2, **(model or {})},
            "training": {
                "steps": STEPS, "batch_size": 4, "seq_len": 16, "validations": 2, "sample_length": 0,
                "device": "cpu", "precision": "fp32", **training,
            },
        }
    )  # fmt: skip


def stop_after(steps):
    count = itertools.count(1)
    return lambda: next(count) == steps


def contents(run):
    """Everything in the newest checkpoint but the times."""
    checkpoint = load_checkpoint(run.pointed("last"))
    arrays = {**checkpoint.parameters, **load_training_arrays(checkpoint.folder)}
    progress = {name: value for name, value in checkpoint.training.items() if name not in TIMES}
    return {name: (value.dtype, value.tobytes()) for name, value in arrays.items()}, progress, checkpoint.scores
