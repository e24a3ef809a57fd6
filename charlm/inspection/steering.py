"""A model whose units are set by hand while it writes, and what that does to its texts. Knows no command and no torch.

That a unit goes with a property of the text proves nothing: both may follow from something else. If the unit is set to
a value after each character, and the texts that the model then writes have more or less of the property, the model uses
the unit for it. Texts are written in pairs, with the same random numbers, with and without the hand, so that the
difference of a pair has little else in it. Its mean has a 95 % interval by the bootstrap over pairs.

A value that is part of the state is set when a character was read: the next step, and what is above if it is the
output, go on from there. A gate cannot be set, as each step computes it anew. Layers are stepped by the
kernels that sample, the output layer as it is defined.

Shape letters: B rows, S samples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from charlm.engines.choosing import layer_step
from charlm.errors import UsageError
from charlm.inspection.probes import Probe
from charlm.inspection.value_names import Unit, Value, output_part
from charlm.kernels.blas import one_blas_thread
from charlm.model.language_model import LanguageModel
from charlm.model.stack import Layer
from charlm.model.stepping import DefinitionStepper, LayerStep
from charlm.randomness import named_stream, sample_stream
from charlm.sampling.loop.generation import generate, read
from charlm.sampling.rules.decoding import Decoding
from charlm.text.vocabulary import Vocabulary

DRAWS = 2000  # of the bootstrap
SHARE = 0.95

Setting = Mapping[tuple[int, str], Mapping[int, float]]  # by layer and part of the state, each unit's value


@dataclass(frozen=True)
class SteeredLayer:
    """A `LayerStep` after which units of its state have the values that they are set to."""

    step_freely: LayerStep
    layer: Layer
    parts: Mapping[str, Mapping[int, float]]  # by part of the state, each unit's value

    def step(self, x: Any, state: Any, below: np.ndarray | None) -> tuple[np.ndarray, np.ndarray | None, Any]:
        output, memory, after = self.step_freely.step(x, state, below)
        for name, units in self.parts.items():
            changed = getattr(after, name).copy()
            changed[:, list(units)] = list(units.values())
            after = after._replace(**{name: changed})
            if name == output_part(self.layer):
                output = changed
            if name == self.layer.cell.MEMORY:
                memory = changed
        return output, memory, after


def steered_stepper(model: LanguageModel, setting: Setting) -> DefinitionStepper:
    """A stepper, with the engines that sample, that sets units after each step. Layers are counted from 1.

    Raises UsageError for a value that is no part of a layer's state.
    """
    steps = [layer_step(model, number) for number in range(len(model.layers))]
    for number, layer in enumerate(model.layers, 1):
        parts = {name: units for (own, name), units in setting.items() if own == number}
        if refused := parts.keys() - set(layer.cell.STATE._fields):
            _refuse(number, layer, min(refused))
        if parts:
            steps[number - 1] = SteeredLayer(steps[number - 1], layer, parts)
    return DefinitionStepper(model, steps)


def _refuse(number: int, layer: Layer, name: str) -> NoReturn:
    """Raise the error for a value that cannot be set: a gate, or an output that is no part of the state."""
    fields = layer.cell.STATE._fields
    there = " or ".join(f"--value {each}" for each in fields)
    raise UsageError(
        f"{name} of layer {number} cannot be set: each step computes it anew, and uses it at once",
        f"--value {name}; from step to step layer {number} carries {', '.join(fields)}",
        f"Set what the layer carries: {there}. `charlm inspect states --value {name}` shows it.",
    )


def setting_of(units: Sequence[Unit], values: Sequence[float], recorded: Sequence[Value]) -> Setting:
    """The setting of units to values, where `recorded` says which value is meant in each layer."""
    names = {value.layer: value.name for value in recorded}
    found: dict[tuple[int, str], dict[int, float]] = {}
    for unit, value in zip(units, values, strict=True):
        found.setdefault((unit.layer, names[unit.layer]), {})[unit.number] = value
    return found


def written(
    model: LanguageModel,
    vocabulary: Vocabulary,
    setting: Setting,
    opening: Sequence[int],
    samples: int,
    length: int,
    seed: int,
    temperature: float = 1.0,
    end: int | None = None,
) -> list[str]:
    """(S,) texts of at most `length` symbols each, written after the ids `opening` (at least one); `end` ends one."""
    stepper = steered_stepper(model, setting)
    streams = [sample_stream(seed, number) for number in range(samples)]
    found: list[list[int]] = [[] for _ in range(samples)]
    with one_blas_thread():
        for round_ in generate(stepper, read(stepper, opening), Decoding(temperature), length, streams):
            for number, ids in round_.ids.items():
                found[number].extend(ids)
    if end is not None:
        found = [ids[: ids.index(end)] if end in ids else ids for ids in found]
    return [vocabulary.decode(ids) if ids else "" for ids in found]


@dataclass(frozen=True)
class Effect:
    """The mean of a property in texts without and with the hand, and the difference of pairs with its 95 % interval.

    The interval is None for under ten pairs in which the property has a value.
    """

    probe: Probe
    free: float
    steered: float
    difference: float
    interval: tuple[float, float] | None
    pairs: int

    @property
    def is_certain(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.interval is not None and not self.interval[0] <= 0 <= self.interval[1]


def amounts(probe: Probe, texts: Sequence[str]) -> npt.NDArray[np.float64]:
    """(S,) the share of each text at which the property holds, or its mean; NaN where it has no value."""

    def amount(text: str) -> float:
        found = np.asarray(probe.find(text), np.float64) if text else np.zeros(0)
        known = found[np.isfinite(found)]
        return float(known.mean()) if len(known) else np.nan

    return np.array([amount(text) for text in texts])


def effect_of(probe: Probe, free: Sequence[str], steered: Sequence[str], seed: int = 0) -> Effect:
    """What the hand does to a property, from pairs of texts (S,)."""
    before, after = amounts(probe, free), amounts(probe, steered)
    known = np.isfinite(before) & np.isfinite(after)
    before, after = before[known], after[known]
    if not len(before):
        return Effect(probe, np.nan, np.nan, np.nan, None, 0)
    differences = after - before
    interval = None
    if len(differences) >= 10:
        rng = named_stream(seed, "bootstrap", probe.name)
        means = differences[rng.integers(0, len(differences), (DRAWS, len(differences)))].mean(axis=1)
        low, high = np.quantile(means, [(1 - SHARE) / 2, (1 + SHARE) / 2]).tolist()
        interval = (low, high)
    return Effect(probe, float(before.mean()), float(after.mean()), float(differences.mean()), interval, len(before))
