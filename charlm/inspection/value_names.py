"""What the inner values of a model are called: parts of the state, gates, and the output. Knows no text.

A value belongs to a layer, and has a number for each unit: `h`, `c`, the gate `forget`. A unit is named by its layer
and its number in it, both as people count and as arrays do: layer 1 is the lowest, unit 0 the first. `2:17` is unit 17
of layer 2, `2:17-20` is four units, and `2` the whole layer.

Shape letters: B rows, H hidden.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from charlm.errors import UsageError
from charlm.model.language_model import LanguageModel
from charlm.model.stack import Layer

OUTPUT = "out"  # what the layer above reads, where it is no part of the state; gates are named `output`
MEMORIES = ("c", "m")  # the memory over time, by the names that cells give it
UNITS = re.compile(r"([0-9]{1,4})(?::([0-9]{1,6})(?:-([0-9]{1,6}))?)?")


@dataclass(frozen=True)
class Value:
    """One inner value of one layer; `layer` counts from 1."""

    layer: int
    name: str
    units: int

    def __str__(self) -> str:
        return f"{self.name} of layer {self.layer}"


@dataclass(frozen=True)
class Unit:
    """Unit `number`, counted from 0, of a layer, counted from 1."""

    layer: int
    number: int

    def __str__(self) -> str:
        return f"{self.layer}:{self.number}"


def gate_names(layer: Layer) -> tuple[str, ...]:
    """The gates that this layer has: some belong to layers that read the memory below."""
    return _looked_into(layer)[0]


def output_part(layer: Layer) -> str | None:
    """The part of the state that is the layer's output, too; None if none is."""
    return _looked_into(layer)[1]


@cache
def _looked_into(layer: Layer) -> tuple[tuple[str, ...], str | None]:
    cell = layer.cell
    shapes = cell.shapes(layer.input_size, layer.hidden_size, layer.reads_below)
    weights = cell.step_weights({name: np.zeros(shape, np.float32) for name, shape in shapes.items()})
    nothing = np.zeros((1, layer.hidden_size), np.float32)
    projected = cell.project(weights, np.zeros((1, layer.input_size), np.float32))
    state = cell.fresh_state(1, layer.input_size, layer.hidden_size, like=nothing)
    output, after, inner = cell.step(weights, projected, state, nothing if layer.reads_below else None)
    return tuple(inner), next((name for name, part in after._asdict().items() if part is output), None)


def value_names(layer: Layer) -> tuple[str, ...]:
    """Parts of the state, the output if it is none of them, and gates."""
    fields = tuple(layer.cell.STATE._fields)
    return (*fields, *(() if "h" in fields else (OUTPUT,)), *gate_names(layer))


def default_value(layer: Layer) -> str:
    """The memory over time if the cell has one with a number for each unit, else `h`, else the output."""
    fields = layer.cell.STATE._fields
    wanted = (name for name in (*MEMORIES, "h", fields[0]) if name in fields)
    return next((name for name in wanted if _width(layer, name) == layer.hidden_size), OUTPUT)


def _width(layer: Layer, name: str) -> int:
    """How many numbers a value has in a row."""
    return layer.cell.state_widths(layer.input_size, layer.hidden_size).get(name, layer.hidden_size)


def chosen_values(model: LanguageModel, layer: int | None, name: str | None) -> tuple[Value, ...]:
    """The value of that name, or the default one, of one layer or of each that has it.

    Raises UsageError if there is no such layer or value; the message says what there is.
    """
    layers = model.layers
    if layer is not None and not 1 <= layer <= len(layers):
        there = "layer 1 alone" if len(layers) == 1 else f"layers 1 to {len(layers)}; layer 1 is the lowest"
        raise UsageError(f"There is no layer {layer}", f"the model has {there}", f"Give --layer {len(layers)}.")
    numbers = range(1, len(layers) + 1) if layer is None else [layer]
    found = tuple(
        Value(number, own, _width(layers[number - 1], own))
        for number in numbers
        if (own := name or default_value(layers[number - 1])) in value_names(layers[number - 1])
    )
    if not found:
        named = dict.fromkeys(one for number in numbers for one in value_names(layers[number - 1]))
        where = "the model" if layer is None else f"layer {layer}"
        raise UsageError(f"There is no value {name!r}", f"{where} has {', '.join(named)}", "Give one of them.")
    return found


def units_of(values: Sequence[Value]) -> dict[int, int]:
    """How many units each layer of the values has."""
    return {value.layer: value.units for value in values}


def units_named(given: Sequence[str], sizes: Mapping[int, int]) -> list[Unit]:
    """The units of these names, each once; a name may be several, separated by commas. `sizes` has the units of each
    layer that may be named.

    Raises UsageError for a layer or a unit that is not there, and says what there is.
    """
    found: dict[Unit, None] = {}
    for name in (one.strip() for several in given for one in several.split(",") if one.strip()):
        match = UNITS.fullmatch(name)
        if match is None:
            what = f"{name!r} names no unit"
            raise UsageError(what, "--unit", "Give LAYER:UNIT such as 1:17, a range such as 1:17-20, or a layer: 1.")
        layer = int(match[1])
        if layer not in sizes:
            remedy = f"Layers: {', '.join(map(str, sizes))}; a unit is LAYER:UNIT, such as {next(iter(sizes))}:17."
            raise UsageError(f"There is no layer {layer} here", f"--unit {name}", remedy)
        first, last = int(match[2] or 0), int(match[3] or match[2] or sizes[layer] - 1)
        if not first <= last < sizes[layer]:
            where = f"layer {layer} has units 0 to {sizes[layer] - 1}"
            raise UsageError(f"There are no such units: {name}", where, "Give numbers of these, the lower first.")
        found |= dict.fromkeys(Unit(layer, number) for number in range(first, last + 1))
    if not found:
        raise UsageError("--unit names no unit", "--unit", "Give LAYER:UNIT such as 1:17, or leave it out.")
    return list(found)
