"""The learning rate as a pure function of where training stands. Knows no optimizer."""

from __future__ import annotations

import math

from charlm.config.settings import TrainingSettings


def learning_rate(settings: TrainingSettings, progress: float, epoch: float) -> float:
    """The rate at `progress` (0 to 1 of the training, by steps, epochs or wall clock) and `epoch` (readings so far).

    It rises linearly over the warm-up; cosine (Loshchilov and Hutter 2017) and linear then fall to final_rate at the
    very end, step falls by a factor for each whole epoch after decay_after, constant stays.
    """
    progress = min(max(progress, 0.0), 1.0)
    rise = min(1.0, (progress + 1e-3) / (settings.warmup + 1e-3))
    rest = max(0.0, (progress - settings.warmup) / (1 - settings.warmup)) if settings.warmup < 1 else 0.0
    match settings.schedule:
        case "cosine":
            fall = settings.final_rate + (1 - settings.final_rate) * (1 + math.cos(math.pi * rest)) / 2
        case "linear":
            fall = 1 - (1 - settings.final_rate) * rest
        case "step":
            fall = settings.decay ** max(0, math.floor(epoch) - settings.decay_after + 1)
        case "constant":
            fall = 1.0
    return settings.learning_rate * rise * fall
