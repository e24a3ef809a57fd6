"""What of a training goes into a checkpoint, and how a training goes on from one, bit for bit. Knows no terminal.

The arrays beside the parameters, by name:

weights.NAME             the weights in training, where an average is what is used
optimizer.KIND.NAME      the optimizer's memory
state.LAYER.FIELD        the carried state, (B, H)
random                   the state of torch's generator, bytes
scaler                   the loss scale and what it counts, for fp16
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
import torch

from charlm.checkpoint import Scores, write_checkpoint
from charlm.checkpoint.contents import TextIdentity
from charlm.checkpoint.series import add_checkpoint
from charlm.errors import CheckpointError
from charlm.training.optimization import Average, optimizer_from_arrays, optimizer_to_arrays
from charlm.training.plan import Plan
from charlm.training.progress import Progress
from charlm.training.trainer import Trainer


def save_checkpoint(plan: Plan, trainer: Trainer, progress: Progress, best: bool) -> Path:
    """Add the checkpoint of this step to those of the plan's run. Raises what `save` and `add` raise."""
    write = partial(
        write_checkpoint,
        step=progress.step,
        settings=plan.settings,
        vocabulary=plan.corpus.vocabulary,
        text=TextIdentity(name=plan.corpus.name, sha256=plan.corpus.sha256, characters=plan.corpus.characters),
        scores=Scores(train_nats=progress.train_nats, valid_nats=progress.last_nats),
        parameters=trainer.parameters(),
        training=progress.to_json(),
        training_arrays=training_arrays(trainer),
        disk=plan.run.disk,
    )
    training = plan.settings.training
    return add_checkpoint(plan.run, progress.step, write, best=best, keep=training.keep, milestones=training.milestones)


def training_arrays(trainer: Trainer) -> dict[str, np.ndarray]:
    """Copies of all of it, to be written beside the parameters that are for use."""
    arrays = {name: value.copy() for name, value in optimizer_to_arrays(trainer.optimizer, trainer.weights).items()}
    for number, layer in enumerate(trainer.state):
        for field, part in layer._asdict().items():
            arrays[f"state.{number}.{field}"] = part.cpu().numpy().copy()
    arrays["random"] = trainer.generator.get_state().cpu().numpy().copy()
    if trainer.average:
        arrays["average.updates"] = np.array([trainer.average.updates])
        arrays |= {f"weights.{name}": w.detach().cpu().numpy().copy() for name, w in trainer.weights.items()}
    if trainer.scaler.is_enabled():
        scale = trainer.scaler.state_dict()
        arrays["scaler"] = np.array([scale["scale"], scale["_growth_tracker"]])
    return arrays


def restore(
    trainer: Trainer, parameters: Mapping[str, np.ndarray], arrays: Mapping[str, np.ndarray], where: str
) -> None:
    """Make the trainer what it was when `training_arrays` was called. Raises CheckpointError if they do not fit."""
    place = trainer.compute.torch_device()
    try:
        with torch.no_grad():
            for name, weight in trainer.weights.items():
                weight.copy_(torch.from_numpy(arrays.get(f"weights.{name}", parameters[name]).copy()))
        if trainer.average:
            updates = int(arrays["average.updates"][0]) if "average.updates" in arrays else 0
            kept = {name: torch.from_numpy(value.copy()).to(place) for name, value in parameters.items()}
            trainer.average = Average(kept, trainer.average.decay, updates)
        optimizer_from_arrays(trainer.optimizer, trainer.weights, arrays)
        trainer.state = tuple(
            type(layer)(*(_like(part, f"state.{number}.{field}", arrays) for field, part in layer._asdict().items()))
            for number, layer in enumerate(trainer.state)
        )
        trainer.generator.set_state(torch.from_numpy(arrays["random"].copy()))
        if trainer.scaler.is_enabled() and "scaler" in arrays:
            scale = trainer.scaler.state_dict()
            scale["scale"], scale["_growth_tracker"] = float(arrays["scaler"][0]), int(arrays["scaler"][1])
            trainer.scaler.load_state_dict(scale)
    except (KeyError, ValueError, RuntimeError) as error:
        raise CheckpointError(
            f"The checkpoint cannot go on training: {type(error).__name__} {error}",
            where,
            "It can be sampled from and scored with; to go on training, take another one.",
        ) from error


def _like(part: torch.Tensor, name: str, arrays: Mapping[str, np.ndarray]) -> torch.Tensor:
    """The array of that name, where the part is. Raises ValueError where its shape is not the part's."""
    if arrays[name].shape != tuple(part.shape):
        raise ValueError(f"{name} has the shape {arrays[name].shape}")
    return torch.from_numpy(arrays[name].copy()).to(part.device, part.dtype)
