"""The weights of a model: norms, spectra of the recurrent matrices, biases of the gates, and units that do nothing.

The spectral radius of U says whether the linear part of h' = U h grows or fades; singular values say by how much a
state can be stretched in one step. A recurrent matrix starts orthogonal: all its singular values are 1. Knows no files
and no torch.

Shape letters: H hidden, N values of a unit, G blocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from charlm.inspection.excerpts import cut_excerpts
from charlm.inspection.watching import read_records
from charlm.inspection.weight_blocks import CANDIDATE, block_names
from charlm.model.language_model import LanguageModel
from charlm.model.stack import Layer, unroll_layer

ROWS, LENGTH = 16, 256  # excerpts of the text, and characters in each
DEAD = 0.01  # a unit whose output has a smaller standard deviation hardly moves
SATURATED, OFTEN = 0.95, 0.95  # one that is beyond the first in size for this share of the time is stuck
RECURRENT, BIAS = "weight_hh", "bias"


@dataclass(frozen=True)
class Norm:
    """A parameter: its norm (root of the sum of squares), the root of the mean square, and the largest magnitude."""

    name: str
    shape: tuple[int, ...]
    norm: float
    rms: float
    largest: float


@dataclass(frozen=True, eq=False)
class Spectrum:
    """A square recurrent matrix of a layer, counted from 1, by the gate that it belongs to."""

    layer: int
    gate: str
    singular_values: np.ndarray  # (H,), the largest first
    radius: float  # the largest magnitude of its eigenvalues

    @property
    def stable_rank(self) -> float:
        """The sum of the squares of the singular values over the largest of them: how many directions it uses."""
        squares = self.singular_values.astype(np.float64) ** 2
        return float(squares.sum() / squares[0]) if squares[0] else 0.0


@dataclass(frozen=True, eq=False)
class GateBias:
    """The biases (H,) of a gate of a layer; of two bias vectors, their sum."""

    layer: int
    gate: str
    values: np.ndarray


@dataclass(frozen=True, eq=False)
class UnitUse:
    """How the outputs of the units (H,) of a layer vary over a text."""

    layer: int
    deviations: np.ndarray
    saturation: np.ndarray  # the share of the time in which a unit is beyond SATURATED

    @property
    def dead(self) -> np.ndarray:
        """The numbers of the units that hardly move."""
        return np.flatnonzero((self.deviations < DEAD) & (self.saturation < OFTEN))

    @property
    def saturated(self) -> np.ndarray:
        """The numbers of those that are stuck near -1 or 1."""
        return np.flatnonzero(self.saturation >= OFTEN)


@dataclass(frozen=True, eq=False)
class WeightReport:
    """What the weights say by themselves."""

    norms: tuple[Norm, ...]
    spectra: tuple[Spectrum, ...]
    biases: tuple[GateBias, ...]


def weigh(model: LanguageModel) -> WeightReport:
    """Look at the weights. The model has numpy arrays."""
    return WeightReport(
        tuple(_norm(name, value) for name, value in model.parameters.items()),
        tuple(spectrum for number, layer in enumerate(model.layers) for spectrum in _spectra(model, number, layer)),
        tuple(bias for number, layer in enumerate(model.layers) for bias in _biases(model, number, layer)),
    )


def _norm(name: str, value: np.ndarray) -> Norm:
    squares = float((value.astype(np.float64) ** 2).sum())
    return Norm(name, value.shape, squares**0.5, (squares / value.size) ** 0.5, float(np.abs(value).max()))


def _spectra(model: LanguageModel, number: int, layer: Layer) -> Iterator[Spectrum]:
    weights = model.layer_weights[number]
    names = [name for name in weights if name.startswith(RECURRENT) and weights[name].ndim == 2]
    whole = {name: weights[name] for name in names}
    if any(value.shape[1] != layer.hidden_size for value in whole.values()):  # parts, which the step puts together
        ready = layer.cell.step_weights(weights)
        whole = {name: value for name, value in ready.items() if name.startswith(RECURRENT)}
    for name, value in whole.items():
        size = value.shape[1]
        if value.ndim != 2 or len(value) % size:
            continue
        blocks = block_names(layer, name) if name in weights else ()
        found = [value[first : first + size].astype(np.float64) for first in range(0, len(value), size)]
        for gate, block in zip(_apart(blocks or [CANDIDATE] * len(found)), found, strict=True):
            radius = float(np.abs(np.linalg.eigvals(block)).max())
            yield Spectrum(number + 1, gate, np.linalg.svd(block, compute_uv=False), radius)


def _biases(model: LanguageModel, number: int, layer: Layer) -> Iterator[GateBias]:
    sums: dict[str, np.ndarray] = {}
    for name, value in model.layer_weights[number].items():
        if not name.startswith(BIAS) or value.ndim != 1 or not (blocks := block_names(layer, name)):
            continue
        for gate, block in zip(_apart(blocks), np.split(value.astype(np.float64), len(blocks)), strict=True):
            sums[gate] = sums.get(gate, 0.0) + block
    for gate, values in sums.items():
        yield GateBias(number + 1, gate, values)


def _apart(names: Any) -> list[str]:
    """Names that occur again get a number."""
    seen: dict[str, int] = {}
    apart = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        apart.append(name if seen[name] == 1 else f"{name} {seen[name]}")
    return apart


def unit_use(model: LanguageModel, ids: np.ndarray, end: int | None = None) -> tuple[UnitUse, ...]:
    """How the units of each layer are used, over some thousand characters in excerpts from the whole text. ids (N,).

    `end` is the id that ends a record, if the text has records. Raises TextError if the text is empty.
    """
    excerpts = cut_excerpts(ids, max(1, min(LENGTH, ids.size)), ROWS)
    state = model.fresh_state(excerpts.inside.shape[1])
    if excerpts.before.size:
        state = read_records(model, excerpts.before, state, unroll_layer, end)
    outputs: list[np.ndarray] = []

    def kept(layer: Layer, weights: Any, x: Any, before: Any, below: Any) -> Any:
        result = unroll_layer(layer, weights, x, before, below)
        outputs.append(result[0].reshape(-1, layer.hidden_size))
        return result

    read_records(model, excerpts.inside, state, kept, end)
    layers = len(model.layers)
    whole = [np.concatenate(outputs[number::layers]) for number in range(layers)]
    return tuple(
        UnitUse(number, values.std(0), (np.abs(values) > SATURATED).mean(0)) for number, values in enumerate(whole, 1)
    )
