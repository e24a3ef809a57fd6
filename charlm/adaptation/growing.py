"""A model that begins from nothing and learns from rows of text while it reads them, side by side.

Each symbol is predicted before it is learned from. Every few symbols of all rows make a window, which is one step of
Adam; then come steps on windows that were read before, which the model has half forgotten. Kingma and Ba 2015, Adam.

Shape letters: B rows, T time, V symbols of the vocabulary.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from charlm.adaptation.plan import Plan
from charlm.engines.choosing import run_with_torch
from charlm.engines.torch_threads import one_thread
from charlm.errors import DivergedError
from charlm.model.language_model import LanguageModel
from charlm.model.state import State, map_state, take_rows
from charlm.model.stepping import DefinitionStepper
from charlm.randomness import named_stream

SEED = 0
BETAS = (0.9, 0.99)
CLIP = 1.0  # the largest norm of a gradient
WARM_UP = 100  # windows over which the rate rises ...
SLOWER = 2000  # ... and over the next ones it falls: after n windows it is divided by the root of 1 + n / SLOWER
REMEMBERED = 1024  # windows that may be repeated; later ones take the places of earlier ones, drawn at random


class Window(NamedTuple):
    """Inputs and targets (T, B), and the state before them as it was when they were read."""

    inputs: Tensor
    targets: Tensor
    state: State


class GrowingModel:
    """Reads rows of text, all of them at once. `begin` comes first."""

    logits: np.ndarray  # (B, V), float32, of the next symbols
    _state: State  # before the window that has begun, in torch ...
    _ahead: State  # ... and after what was read of it, in numpy

    def __init__(self, model: LanguageModel, plan: Plan) -> None:
        """`model` has numpy arrays as its parameters, which stay as they are."""
        values = {name: torch.tensor(value).requires_grad_() for name, value in model.parameters.items()}
        self._weights, self._plan = list(values.values()), plan
        self._model = LanguageModel(model.settings, values)
        self._adam = torch.optim.Adam(self._weights, plan.rate, BETAS, foreach=True)
        self._random, self._windows, self._read = named_stream(SEED, "repeated windows"), list[Window](), 0
        self._held: list[np.ndarray] = []  # the inputs of the window that has begun
        self._new_stepper()

    def begin(self, rows: int) -> None:
        """The next symbols begin as many rows of text. What was learned stays."""
        self._held = [np.zeros(rows, np.int64)]  # any symbol, always the same
        self._start(self._model.fresh_state(rows))

    def keep(self, rows: int) -> None:
        """Go on with the first rows alone."""
        kept = np.arange(rows)
        self._held = [each[:rows] for each in self._held]
        self._state, self._ahead = take_rows(self._state, kept), take_rows(self._ahead, kept)
        self.logits = self.logits[:rows]

    def take(self, ids: np.ndarray) -> None:
        """The next symbols are these, ids (B,). `logits` (B, V) are then those of the symbols after them.

        Raises DivergedError if what the model learns is not finite.
        """
        if len(self._held) == self._plan.segment:
            self._learn(ids)
        else:
            self._held.append(ids)
            self._step(ids)

    def _start(self, state: State) -> None:
        """Go on from a state before the one input that is held."""
        self._state = state
        self._ahead = map_state(state, Tensor.numpy)
        self._step(self._held[0])

    def _step(self, ids: np.ndarray) -> None:
        with np.errstate(over="ignore", invalid="ignore"):
            self.logits, self._ahead = self._stepper.step(ids, self._ahead)
        if not np.isfinite(self.logits).all():
            raise self._diverged()

    def _new_stepper(self) -> None:
        values = {name: value.detach().numpy() for name, value in self._model.parameters.items()}
        with np.errstate(over="ignore", invalid="ignore"):
            self._stepper = DefinitionStepper(LanguageModel(self._model.settings, values))

    def _learn(self, ids: np.ndarray) -> None:
        inputs, targets = (torch.from_numpy(np.stack(each)) for each in (self._held, [*self._held[1:], ids]))
        window = Window(inputs, targets, self._state)
        self._read += 1
        with one_thread():
            after = self._update(window)
            for _ in range(self._plan.repeats if self._windows else 0):
                self._update(self._windows[int(self._random.integers(len(self._windows)))])
        if len(self._windows) < REMEMBERED:
            self._windows.append(window)
        else:
            self._windows[int(self._random.integers(REMEMBERED))] = window
        self._held = [ids]
        self._new_stepper()
        self._start(after)

    def _update(self, window: Window) -> State:
        """One step of Adam; gives the state after the window."""
        logits, after = self._model.forward(window.inputs, window.state, run_with_torch)
        nats = torch.nn.functional.cross_entropy(logits.flatten(0, 1), window.targets.flatten())
        nats.backward()  # type: ignore[no-untyped-call]
        gradients = [torch.zeros_like(each) if each.grad is None else each.grad for each in self._weights]
        norm = float(torch.stack(torch._foreach_norm(gradients)).norm())
        if not math.isfinite(norm):
            raise self._diverged()
        if norm > CLIP:
            torch._foreach_mul_(gradients, CLIP / norm)
        rate = self._plan.rate * min(1.0, self._read / WARM_UP) / math.sqrt(1 + self._read / SLOWER)
        self._adam.param_groups[0]["lr"] = rate
        self._adam.step()
        self._adam.zero_grad()
        return map_state(after, Tensor.detach)

    def _diverged(self) -> DivergedError:
        return DivergedError(
            "The model diverged while it learned from the text",
            f"after {self._read:,} steps at a rate of {self._plan.rate:g}",
            f"Learn at the usual rate, or at a lower one, such as --adapt-rate {Plan().rate / 4:g}.",
        )
