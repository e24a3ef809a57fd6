"""Where the time of an update goes: real updates, with the clock read where one part ends and the next begins.

The marks are set from outside, by hooks that torch offers and by what an update is given: the reader, the recurrence.
Each mark books the time since the one before it, so the parts of an update add up to the whole of it. What the marks
themselves cost can be seen: `charlm bench train --json` has the time of an update without them beside it.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any

from charlm.benchmark.training_job import RATE, WINDOWS, settings_of
from charlm.benchmark.workload import VOCAB_SIZE, random_ids
from charlm.config.settings import ModelSettings
from charlm.device import Compute
from charlm.engines.choosing import run_with_torch
from charlm.model.stack import Recurrence, build_layers
from charlm.text.lanes import Batch, Lanes

CELLS, HEAD, CLIP, OPTIMIZER, DATA, OTHER = PARTS = ("cells", "head and loss", "clip", "optimizer", "data", "other")
WARM_UP = 3
UPDATES = 10


class Stopwatch:
    """Seconds by part since the last start. `wait` lets the device end what it was given, so that its time counts."""

    def __init__(self, wait: Callable[[], object] = lambda: None) -> None:
        self._wait = wait
        self.start()

    def start(self) -> None:
        self.seconds: dict[str, float] = {}
        self._wait()
        self._last = time.perf_counter()

    def end(self, part: str) -> None:
        """What was done since the mark before this one was this part."""
        self._wait()
        now = time.perf_counter()
        self.seconds[part] = self.seconds.get(part, 0.0) + now - self._last
        self._last = now


def parts_of_update(model: ModelSettings, batch_size: int, seq_len: int, compute: Compute) -> dict[str, float]:
    """Seconds by part (PARTS) of the quickest of some updates. What a part has:

    cells          the layers there and back, with the products of their inputs, and the embedding's gradient
    head and loss  the last product and the cross-entropy, there and back
    clip           the state kept for the next window, the norm of all gradients, and their bounding
    optimizer      its step
    data           reading the window
    other          copies, casts, and the Python around all this
    """
    import torch

    from charlm.training.trainer import Trainer

    stopwatch = Stopwatch(torch.cuda.synchronize if compute.device_type == "cuda" else lambda: None)
    reader = _Watched(random_ids(batch_size * seq_len * WINDOWS + 1), batch_size, seq_len)
    reader.stopwatch = stopwatch
    trainer = Trainer(
        settings_of(model, batch_size, seq_len), VOCAB_SIZE, reader.batch_size, compute, _watched(stopwatch, model)
    )
    for name, weight in trainer.weights.items():
        part = HEAD if name.startswith("head.") else CELLS
        weight.register_post_accumulate_grad_hook(lambda _, part=part: stopwatch.end(part))  # type: ignore[no-untyped-call]
    trainer.optimizer.register_step_pre_hook(lambda *_: stopwatch.end(CLIP))
    trainer.optimizer.register_step_post_hook(lambda *_: stopwatch.end(OPTIMIZER))

    updates = []
    for number in range(WARM_UP + UPDATES):
        stopwatch.start()
        trainer.update(reader, number, RATE)
        stopwatch.end(OTHER)
        updates.append(stopwatch.seconds)
    quickest = min(updates[WARM_UP:], key=lambda seconds: sum(seconds.values()))
    return {part: quickest.get(part, 0.0) for part in PARTS}


class _Watched(Lanes):
    """Lanes that book the time it takes to read them."""

    stopwatch: Stopwatch

    def at(self, position: int) -> Batch:
        self.stopwatch.end(OTHER)
        batch = super().at(position)
        self.stopwatch.end(DATA)
        return batch


def _watched(stopwatch: Stopwatch, model: ModelSettings) -> Recurrence:
    """The quickest recurrence, with a mark before and after each layer, on the way there and on the way back."""
    count = len(build_layers(model))
    above = itertools.cycle([CELLS] * (count - 1) + [HEAD])  # what stands above each layer

    def recurrence(*given: Any) -> Any:
        stopwatch.end(OTHER)
        made = run_with_torch(*given)
        stopwatch.end(CELLS)
        part = next(above)
        made[0].register_hook(lambda _: stopwatch.end(part))  # when its gradient is there, all above the layer is done
        return made

    return recurrence
