"""What a checkpoint keeps of a training, and how a training is restored from one, bit for bit. Knows no terminal.

The arrays beside the parameters, by name:

weights.NAME             the weights in training, if the parameters are their average
average.updates          the number of updates that the average has seen, (1,)
optimizer.KIND.NAME      the state of the optimizer
state.LAYER.FIELD        the carried state, (B, H)
random                   the state of torch's generator, bytes
scaler                   the loss scale of fp16 and its growth counter, (2,)

Of several processes, process 0 writes, with the state of all lanes in their order; each restores that of its own.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
import torch

from charlm.checkpoint import Scores, write_checkpoint
from charlm.checkpoint.series import add_checkpoint
from charlm.errors import CheckpointError, IntegrityError
from charlm.processes.group import Group
from charlm.processes.messages import joined_rows
from charlm.training.learner import Learner
from charlm.training.optimization import Average, optimizer_from_arrays, optimizer_to_arrays
from charlm.training.plan import TrainingPlan
from charlm.training.progress import Progress
from charlm.training.task import Trainee

STATE_PREFIX = "state."


def save_checkpoint(plan: TrainingPlan, trainee: Trainee, progress: Progress, best: bool) -> Path:
    """Write the checkpoint of this step into the plan's run and give its folder. Raises what `save` and `add` raise.

    Process 0 writes it, with the state of all lanes. Raises IntegrityError if the processes have different weights.
    """
    task, parameters, arrays = plan.task, trainee.parameters(), trainee.training_arrays()
    require_same_weights(task.group, parameters)
    if task.group.rank:
        return plan.run.folder / f"step-{progress.step}"
    write = partial(
        write_checkpoint,
        step=progress.step,
        settings=task.settings,
        vocabulary=task.vocabulary,
        text=task.text,
        scores=Scores(train_nats=progress.train_nats, valid_nats=progress.last_nats),
        parameters=parameters,
        training=progress.to_json(),
        training_arrays=arrays,
        disk=plan.run.disk,
    )
    training_settings = task.settings.training
    return add_checkpoint(
        plan.run, progress.step, write, best=best, keep=training_settings.keep, milestones=training_settings.milestones
    )


def training_arrays(trainer: Learner) -> dict[str, np.ndarray]:
    """Copies of everything that `restore_trainer` needs beside the parameters: in process 0 for the lanes of all."""
    arrays = {name: value.copy() for name, value in optimizer_to_arrays(trainer.optimizer).items()}
    arrays |= joined_rows(trainer.group, state_arrays(trainer))
    arrays["random"] = trainer.generator.get_state().cpu().numpy().copy()
    if trainer.average:
        arrays["average.updates"] = np.array([trainer.average.updates])
        arrays |= {f"weights.{name}": w.detach().cpu().numpy().copy() for name, w in trainer.weights.items()}
    if trainer.scaler.is_enabled():
        scale = trainer.scaler.state_dict()
        arrays["scaler"] = np.array([scale["scale"], scale["_growth_tracker"]])
    return arrays


def state_arrays(trainer: Learner) -> dict[str, np.ndarray]:
    """A copy of the carried state of this process's lanes."""
    return {
        f"{STATE_PREFIX}{number}.{field}": part.cpu().numpy().copy()
        for number, layer in enumerate(trainer.state)
        for field, part in layer._asdict().items()
    }


def require_same_weights(group: Group, parameters: Mapping[str, np.ndarray]) -> None:
    """Raises IntegrityError, in process 0, if the processes do not have the same weights to the last bit.

    All apply the same gradients, but two kinds of processors may round an optimizer's step in different ways.
    """
    if group.size == 1:
        return
    sums = [zlib.crc32(np.ascontiguousarray(value).data) for value in parameters.values()]
    found = group.collect(repr(sums).encode())
    others = [str(rank) for rank, each in enumerate(found) if each != found[0]]
    if others:
        raise IntegrityError(
            "The processes no longer have the same weights: their machines compute differently",
            f"process 0 and {', '.join(others)}",
            "Train on processors or GPUs of one kind, or give all of them the same instructions: "
            "ATEN_CPU_CAPABILITY=avx2 CHARLM_KERNELS=avx2. The last checkpoint is whole.",
        )


def restore_trainer(
    trainer: Learner, parameters: Mapping[str, np.ndarray], arrays: Mapping[str, np.ndarray], where: str
) -> None:
    """Give the trainer the state it had when `training_arrays` was called; `arrays` has the lanes of this process.

    Raises CheckpointError, naming `where`, if the arrays are not those of this model.
    """
    device = trainer.compute.torch_device()
    try:
        with torch.no_grad():
            for name, weight in trainer.weights.items():
                weight.copy_(torch.from_numpy(arrays.get(f"weights.{name}", parameters[name]).copy()))
        if trainer.average:
            updates = int(arrays["average.updates"][0]) if "average.updates" in arrays else 0
            kept = {name: torch.from_numpy(value.copy()).to(device) for name, value in parameters.items()}
            trainer.average = Average(kept, trainer.average.decay, updates)
        optimizer_from_arrays(trainer.optimizer, arrays)
        trainer.state = tuple(
            type(layer)(
                *(_like(part, f"{STATE_PREFIX}{number}.{field}", arrays) for field, part in layer._asdict().items())
            )
            for number, layer in enumerate(trainer.state)
        )
        trainer.generator.set_state(torch.from_numpy(arrays["random"].copy()))
        if trainer.scaler.is_enabled() and "scaler" in arrays:
            scale = trainer.scaler.state_dict()
            scale["scale"], scale["_growth_tracker"] = float(arrays["scaler"][0]), int(arrays["scaler"][1])
            trainer.scaler.load_state_dict(scale)
    except (KeyError, ValueError, RuntimeError) as error:
        raise CheckpointError(
            f"The training cannot be resumed from this checkpoint: {type(error).__name__} {error}",
            where,
            "Resume from another checkpoint. This one can still be sampled from and scored with.",
        ) from error


def _like(part: torch.Tensor, name: str, arrays: Mapping[str, np.ndarray]) -> torch.Tensor:
    """The array of that name, with the dtype and device of `part`. Raises ValueError if its shape is another."""
    if arrays[name].shape != tuple(part.shape):
        raise ValueError(f"{name} has the shape {arrays[name].shape}")
    return torch.from_numpy(arrays[name].copy()).to(part.device, part.dtype)
