"""Forward and backward through a window as one recording on a CUDA card, for cells that no kernel of cuDNN's runs.

Windows of one shape are replayed: the longest, nearly all of them. The first and the last of an epoch are made as
everywhere else, and so is everything where a recording is refused, with a note that says why. Knows no files.
Shape letters: T time, B rows.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from charlm.engines.cuda_graph import CaptureFailed, Capturer, Work, reason
from charlm.engines.inductor import with_compiled_steps
from charlm.model.stack import Recurrence
from charlm.model.state import State, map_state

if TYPE_CHECKING:
    from torch.amp.grad_scaler import GradScaler

# How layers are run, inputs and targets (T, B), the state before -> the sum of the window's nats, the state after.
Losses = Callable[[Recurrence, Tensor, Tensor, State], tuple[Tensor, State]]


class CapturedWindow:
    """A pass through a window whose tensors stay where they are, so that it can be recorded.

    Gradients are added to those that the weights have, as `backward` does.
    """

    def __init__(self, losses: Losses, weights: Mapping[str, Tensor], state: State, seq_len: int, scaler: GradScaler):
        self._losses = losses
        self._weights = tuple(weights.values())
        self._scaler = scaler
        rows, place = len(state[0][0]), state[0][0].device
        self._inputs = torch.zeros(seq_len, rows, dtype=torch.long, device=place)
        self._targets = torch.zeros_like(self._inputs)
        self._before = map_state(state, torch.zeros_like)
        self._after = map_state(state, torch.zeros_like)
        self._share = torch.ones((), device=place)
        self._nats = torch.zeros((), device=place)
        self._gradients = [torch.zeros_like(weight) for weight in self._weights]
        self._replay: Work | None = None

    def warm_up(self, capturer: Capturer, recurrence: Recurrence) -> None:
        """Leaves no trace but in random numbers."""
        capturer.warm_up(lambda: self._pass(recurrence))

    def capture(self, capturer: Capturer, recurrence: Recurrence, generator: torch.Generator) -> None:
        """Raises CaptureFailed."""

        def work() -> None:
            nats, after, gradients = self._pass(recurrence)
            self._nats.copy_(nats)
            for buffer, part in zip(_parts(self._after), _parts(after), strict=True):
                buffer.copy_(part)
            found = [(buffer, new) for buffer, new in zip(self._gradients, gradients, strict=True) if new is not None]
            torch._foreach_add_([buffer for buffer, _ in found], [new for _, new in found])

        self._replay = capturer.capture(work, generator)

    def fits(self, inputs: Tensor) -> bool:
        """Whether inputs (T, B) have the shape that was recorded."""
        return inputs.shape == self._inputs.shape

    def replay(self, inputs: Tensor, targets: Tensor, state: State, share: float) -> tuple[float, State]:
        """The sum of the window's nats, and the state after it, float32. Gradients are those of nats times `share`."""
        if self._replay is None:
            raise RuntimeError("a window is replayed before it was recorded")
        self._take_gradients()
        self._inputs.copy_(inputs)
        self._targets.copy_(targets)
        self._share.fill_(share)
        for buffer, part in zip(_parts(self._before), _parts(state), strict=True):
            buffer.copy_(part)
        self._replay()
        return float(self._nats), map_state(self._after, torch.clone)

    def _pass(self, recurrence: Recurrence) -> tuple[Tensor, State, tuple[Tensor | None, ...]]:
        loss, after = self._losses(recurrence, self._inputs, self._targets, self._before)
        scaled = self._scaler.scale(loss * self._share)
        gradients = torch.autograd.grad(scaled, self._weights, allow_unused=True)
        return loss.detach(), map_state(after, lambda part: part.detach()), gradients

    def _take_gradients(self) -> None:
        """Let the weights have the recording's gradients for theirs, with what they hold so far in this update."""
        for weight, buffer in zip(self._weights, self._gradients, strict=True):
            if weight.grad is None:
                buffer.zero_()
            elif weight.grad is not buffer:
                buffer.copy_(weight.grad)
            weight.grad = buffer


@dataclass(frozen=True)
class Prepared:
    """How to run layers, the window to replay where there is one, and what a person should know."""

    recurrence: Recurrence
    window: CapturedWindow | None
    notes: tuple[str, ...]


def prepare(
    window: CapturedWindow,
    recurrence: Recurrence,
    generator: torch.Generator,
    capturer: Capturer,
    compiling: Callable[[Recurrence], Recurrence] = with_compiled_steps,
) -> Prepared:
    """Record the window, with compiled time steps if this machine can compile them. The generator stays as it was."""
    notes = []
    random = generator.get_state()
    chosen = compiling(recurrence)
    try:
        with warnings.catch_warnings():  # compilers give advice to programmers
            warnings.simplefilter("ignore")
            window.warm_up(capturer, chosen)
    except Exception as error:  # whatever the compilers of a strange machine raise: it trains without them
        notes.append(f"time steps are not compiled: {reason(error)}")
        chosen = recurrence
        window.warm_up(capturer, chosen)
    generator.set_state(random)
    recorded: CapturedWindow | None = window
    try:
        window.capture(capturer, chosen, generator)
    except CaptureFailed as error:
        notes.append(f"no CUDA graph, which takes much longer: {error}")
        recorded = None
    generator.set_state(random)
    return Prepared(chosen, recorded, tuple(notes))


def _parts(state: State) -> list[Any]:
    return [part for layer in state for part in layer]
