"""Forward and backward through a window as one CUDA graph.

Only windows of the captured shape are replayed: the longest, which are nearly all. The first and the last window of an
epoch run without the graph, and so do all windows if the capture fails; a note then gives the reason. Knows no files.
Shape letters: T time, B rows.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from charlm.engines.cuda_graph import CaptureFailed, Capturer, Work, failure_reason
from charlm.engines.inductor import with_compiled_steps
from charlm.model.stack import Recurrence
from charlm.model.state import State, map_state

if TYPE_CHECKING:
    from torch.amp.grad_scaler import GradScaler

# How layers are run, inputs and targets (T, B), the state before -> the sum of the window's nats, the state after.
LossFunction = Callable[[Recurrence, Tensor, Tensor, State], tuple[Tensor, State]]


class CapturedWindow:
    """A pass through a window in tensors that stay where they are, so that it can be captured.

    As in `backward`, gradients are added to those that the weights already have.
    """

    def __init__(
        self, loss_function: LossFunction, weights: Mapping[str, Tensor], state: State, seq_len: int, scaler: GradScaler
    ):
        self._loss_function = loss_function
        self._weights = tuple(weights.values())
        self._scaler = scaler
        rows, device = len(state[0][0]), state[0][0].device
        self._inputs = torch.zeros(seq_len, rows, dtype=torch.long, device=device)
        self._targets = torch.zeros_like(self._inputs)
        self._before = map_state(state, torch.zeros_like)
        self._after = map_state(state, torch.zeros_like)
        self._factor = torch.ones((), device=device)
        self._nats = torch.zeros((), device=device)
        self._gradients = [torch.zeros_like(weight) for weight in self._weights]
        self._replay: Work | None = None

    def warm_up(self, capturer: Capturer, recurrence: Recurrence) -> None:
        """Run the pass without a graph. It changes nothing but the state of random generators."""
        capturer.warm_up(lambda: self._pass(recurrence))

    def capture(self, capturer: Capturer, recurrence: Recurrence, generator: torch.Generator) -> None:
        """Make the graph that `replay` replays. Raises CaptureFailed."""

        def work() -> None:
            nats, after, gradients = self._pass(recurrence)
            self._nats.copy_(nats)
            for buffer, part in zip(_parts(self._after), _parts(after), strict=True):
                buffer.copy_(part)
            found = [(buffer, new) for buffer, new in zip(self._gradients, gradients, strict=True) if new is not None]
            torch._foreach_add_([buffer for buffer, _ in found], [new for _, new in found])

        self._replay = capturer.capture(work, generator)

    def accepts(self, inputs: Tensor) -> bool:
        """Whether inputs (T, B) have the captured shape."""
        return inputs.shape == self._inputs.shape

    def replay(self, inputs: Tensor, targets: Tensor, state: State, factor: float) -> tuple[Tensor, State]:
        """The sum of the window's nats, and the state after it, float32. The gradients are those of nats * `factor`."""
        if self._replay is None:
            raise RuntimeError("the window is replayed before it was captured")
        self._share_gradients()
        self._inputs.copy_(inputs)
        self._targets.copy_(targets)
        self._factor.fill_(factor)
        for buffer, part in zip(_parts(self._before), _parts(state), strict=True):
            buffer.copy_(part)
        self._replay()
        return self._nats.clone(), map_state(self._after, torch.clone)

    def _pass(self, recurrence: Recurrence) -> tuple[Tensor, State, tuple[Tensor | None, ...]]:
        loss, after = self._loss_function(recurrence, self._inputs, self._targets, self._before)
        scaled = self._scaler.scale(loss * self._factor)
        gradients = torch.autograd.grad(scaled, self._weights, allow_unused=True)
        return loss.detach(), map_state(after, lambda part: part.detach()), gradients

    def _share_gradients(self) -> None:
        """Make the graph's buffers the gradients of the weights, with what the weights have gathered in this update.

        An optimizer frees gradients after an update, and a window that was not replayed makes its own; the graph adds
        to its buffers alone.
        """
        fresh = []
        for weight, buffer in zip(self._weights, self._gradients, strict=True):
            if weight.grad is None:
                fresh.append(buffer)
            elif weight.grad is not buffer:
                buffer.copy_(weight.grad)
            weight.grad = buffer
        if fresh:
            torch._foreach_zero_(fresh)


@dataclass(frozen=True)
class Prepared:
    """How to run layers where no window is replayed, the window to replay (None if its capture failed), and notes."""

    recurrence: Recurrence
    window: CapturedWindow | None
    notes: tuple[str, ...]


def prepare_window(
    window: CapturedWindow,
    recurrence: Recurrence,
    generator: torch.Generator,
    capturer: Capturer,
    compiling: Callable[[Recurrence], Recurrence] = with_compiled_steps,
) -> Prepared:
    """Warm the window up and capture it, with compiled time steps if this machine can compile them.

    Other windows run as before: to compile for a length that comes once an epoch would take longer than to read it.
    The generator's state is the same afterwards.
    """
    notes = []
    random = generator.get_state()
    chosen = compiling(recurrence)
    try:
        with warnings.catch_warnings():  # compilers warn about what only programmers can change
            warnings.simplefilter("ignore")
            window.warm_up(capturer, chosen)
    except Exception as error:  # compilers raise many types; without one, training is slower but the same
        notes.append(f"time steps are not compiled: {failure_reason(error)}")
        chosen = recurrence
        window.warm_up(capturer, chosen)
    generator.set_state(random)
    prepared = Prepared(recurrence, window, tuple(notes))
    try:
        window.capture(capturer, chosen, generator)
    except CaptureFailed as error:
        prepared = Prepared(chosen, None, (*notes, f"no CUDA graph, which takes much longer: {error}"))
    generator.set_state(random)
    return prepared


def _parts(state: State) -> list[Any]:
    return [part for layer in state for part in layer]
