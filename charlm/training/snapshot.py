"""Everything that a training needs to go on bit for bit, to and from arrays by name. Knows no files.

weights.NAME             the weights in training, where an average is what is used
optimizer.KIND.NAME      the optimizer's memory
state.LAYER.FIELD        the carried state, (B, H)
random                   the state of torch's generator, bytes
scaler                   the loss scale and what it counts, for fp16
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from charlm.errors import CheckpointError
from charlm.training import optimizer as optimizers
from charlm.training.average import Average
from charlm.training.trainee import Trainee


def capture(trainee: Trainee) -> dict[str, np.ndarray]:
    """Copies of all of it, to be written beside the parameters that are for use."""
    arrays = {name: value.copy() for name, value in optimizers.to_arrays(trainee.optimizer, trainee.weights).items()}
    for number, layer in enumerate(trainee.state):
        for field, part in layer._asdict().items():
            arrays[f"state.{number}.{field}"] = part.cpu().numpy().copy()
    arrays["random"] = trainee.generator.get_state().cpu().numpy().copy()
    if trainee.average:
        arrays["average.updates"] = np.array([trainee.average.updates])
        arrays |= {f"weights.{name}": w.detach().cpu().numpy().copy() for name, w in trainee.weights.items()}
    if trainee.scaler.is_enabled():
        scale = trainee.scaler.state_dict()
        arrays["scaler"] = np.array([scale["scale"], scale["_growth_tracker"]])
    return arrays


def restore(
    trainee: Trainee, parameters: Mapping[str, np.ndarray], arrays: Mapping[str, np.ndarray], where: str
) -> None:
    """Make the trainee what it was when `capture` was called. Raises CheckpointError where the arrays do not fit."""
    place = trainee.compute.place()
    try:
        with torch.no_grad():
            for name, weight in trainee.weights.items():
                weight.copy_(torch.from_numpy(arrays.get(f"weights.{name}", parameters[name]).copy()))
        if trainee.average:
            updates = int(arrays["average.updates"][0]) if "average.updates" in arrays else 0
            kept = {name: torch.from_numpy(value.copy()).to(place) for name, value in parameters.items()}
            trainee.average = Average(kept, trainee.average.decay, updates)
        optimizers.from_arrays(trainee.optimizer, trainee.weights, arrays)
        trainee.state = tuple(
            type(layer)(*(_like(part, f"state.{number}.{field}", arrays) for field, part in layer._asdict().items()))
            for number, layer in enumerate(trainee.state)
        )
        trainee.generator.set_state(torch.from_numpy(arrays["random"].copy()))
        if trainee.scaler.is_enabled() and "scaler" in arrays:
            scale = trainee.scaler.state_dict()
            scale["scale"], scale["_growth_tracker"] = float(arrays["scaler"][0]), int(arrays["scaler"][1])
            trainee.scaler.load_state_dict(scale)
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
