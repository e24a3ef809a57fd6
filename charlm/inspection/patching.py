"""Patching: values of units in one text put into the same model while it reads another, and what it then predicts.

A unit's value is all that belongs to it after a step: its output, and its parts of the state. The model reads the one
text to its end, and its values there are kept; it reads the other, and at its last character the chosen units get these
values before the layers above them read anything. So the prediction after that character moves, and through the state
also those after the characters that follow. Clocks (the phase of a clockwork) are no values: they stay. So do parts of
the state that have not one number for each unit, such as the matrices of a matrix_lstm.

A state that is patched into itself changes nothing, to the last bit: a law. Knows no files and no torch.

Shape letters: T time, B rows, V symbols, H hidden, L layers, U units of all layers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from charlm.cells.arrays import Array
from charlm.inspection.chosen_units import ChosenUnits
from charlm.model.language_model import LanguageModel
from charlm.model.probabilities import log_softmax
from charlm.model.stack import Layer, unroll_layer
from charlm.model.state import State, map_state

CLOCKS = ("phase",)
ROWS = 256  # patched models that are run at once


@dataclass(frozen=True, eq=False)
class LastStep:
    """What a model held at the last character of a text, and what it predicts after it."""

    ids: np.ndarray  # (T,), T > 0
    before: State  # the state before the last character
    layers: tuple[tuple[Array, Any], ...]  # each layer's output (B, H) and state after the last character
    log_probabilities: np.ndarray  # (V,) of the next character


@dataclass(frozen=True, eq=False)
class Patched:
    """Natural log-probabilities (1 + S, V): of the character after the text, and after each of S more characters."""

    plain: np.ndarray
    patched: np.ndarray
    source: np.ndarray  # (V,) those after the text that the values are from

    @property
    def divergence(self) -> np.ndarray:
        """(1 + S,) KL(plain || patched) in nats: what predicting with the patch costs where the model is right."""
        return divergence(self.plain, self.patched)

    @property
    def back(self) -> np.ndarray:
        """(1 + S,) KL(patched || plain) in nats."""
        return divergence(self.patched, self.plain)

    @property
    def recovered(self) -> float | None:
        """How far the prediction after the text went towards the source's: 1 is all the way, by KL(source || it).

        None if the two texts' predictions are the same.
        """
        apart = float(divergence(self.source, self.plain[0]))
        return None if apart < 1e-9 else 1 - float(divergence(self.source, self.patched[0])) / apart


def divergence(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """KL(one || other) in nats, (...), of log-probabilities (..., V)."""
    return np.asarray((np.exp(one) * (one - other)).sum(-1))


def read_to_last(model: LanguageModel, ids: np.ndarray) -> LastStep:
    """Read ids (T,) from a fresh state, the last one by the definition of the cells."""
    from charlm.engines.choosing import run_with_numpy

    state = model.fresh_state(1)
    if len(ids) > 1:
        _, state = model.forward(ids[:-1, None], state, run_with_numpy)
    return _last_step(model, ids, state)


def _last_step(model: LanguageModel, ids: np.ndarray, before: State) -> LastStep:
    """Read the last of the ids, in as many rows as the state before it has."""
    layers: list[tuple[Array, Any]] = []

    def kept(layer: Layer, weights: Any, x: Any, layer_state: Any, below: Any) -> Any:
        outputs, memories, after = unroll_layer(layer, weights, x, layer_state, below)
        layers.append((outputs[0], after))
        return outputs, memories, after

    rows = len(before[0][0])
    logits, _ = model.forward(np.repeat(ids[-1:, None], rows, axis=1), before, kept)
    return LastStep(ids, before, tuple(layers), log_softmax(logits[0, 0]))


def patch(
    model: LanguageModel, source: LastStep, into: LastStep, units: ChosenUnits, then: np.ndarray | None = None
) -> Patched:
    """Put these units' values of the source into the last step of the other; then read ids `then` (S,)."""
    from charlm.engines.choosing import run_with_numpy

    masks = [mask[None] for mask in units.masks]
    logits, state = _patched_step(model, source, into, masks)
    patched, plain = [logits], [into.log_probabilities[None]]
    if then is not None and len(then):
        _, own = model.forward(into.ids[-1:, None], into.before)
        for rows, start in ((patched, state), (plain, own)):
            after, _ = model.forward(then[:, None], start, run_with_numpy)
            rows.append(log_softmax(after[:, 0]))
    return Patched(np.concatenate(plain), np.concatenate(patched), source.log_probabilities)


def patch_each(model: LanguageModel, source: LastStep, into: LastStep) -> np.ndarray:
    """(U,) for each unit of each layer by itself, lowest layer first: KL(plain || patched) in nats."""
    sizes = [layer.hidden_size for layer in model.layers]
    total = sum(sizes)
    found = []
    for first in range(0, total, ROWS):
        chosen = np.arange(first, min(first + ROWS, total))
        whole = chosen[:, None] == np.arange(total)  # (B, U)
        masks = np.split(whole, np.cumsum(sizes)[:-1], axis=1)
        # in as many rows each, since products of another number of rows may be rounded in another way
        same = _last_step(model, source.ids, _repeated(source.before, len(chosen)))
        plain, _ = _patched_step(model, same, into, [np.zeros_like(mask) for mask in masks])
        patched, _ = _patched_step(model, same, into, masks)
        found.append(divergence(plain, patched))
    return np.concatenate(found)


def _patched_step(
    model: LanguageModel, source: LastStep, into: LastStep, masks: Sequence[np.ndarray]
) -> tuple[np.ndarray, State]:
    """The last character read again in B rows, each with its own units patched; masks (B, H) of the layers.

    A part of the state that has no number for each unit, such as a memory of places, stays as it is. Gives
    log-probabilities (B, V) and the state after it.
    """
    rows = len(masks[0])
    number = -1

    def replaced(layer: Layer, weights: Any, x: Any, before: Any, below: Any) -> Any:
        nonlocal number
        number += 1
        outputs, _, after = unroll_layer(layer, weights, x, before, below)
        mask, (output, state) = masks[number], source.layers[number]
        outputs = np.where(mask, output, outputs[0])[None]
        parts = {
            name: np.where(mask, kept, own) if name not in CLOCKS and own.shape == mask.shape else own
            for name, kept, own in zip(after._fields, state, after, strict=True)
        }
        after = type(after)(**parts)
        return outputs, [getattr(after, layer.cell.MEMORY)] if layer.cell.MEMORY else None, after

    ids = np.repeat(into.ids[-1:, None], rows, axis=1)
    logits, after = model.forward(ids, _repeated(into.before, rows), replaced)
    return log_softmax(logits[0]), after


def _repeated(state: State, rows: int) -> State:
    return map_state(state, lambda part: np.repeat(part, rows, axis=0))
