"""The table of cells: the only place that names them all.

Choices, validation, help, the README's table, the laws, studies and the benchmark read it. Knows no torch.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from charlm.cells import cifg, gru, lstm, lstm97, memory_gated, mut1, peephole, rnn
from charlm.cells.arrays import Array
from charlm.cells.option import Option
from charlm.config.problems import Problem
from charlm.config.settings import Settings
from charlm.errors import UsageError


class Cell(Protocol):
    """What a cell's module has. `State` is a NamedTuple of (B, H) arrays."""

    __doc__: str | None
    TITLE: str
    PAPER: str
    GATES: tuple[str, ...]
    OPTIONS: dict[str, Option]
    State: Any

    def shapes(self, input_size: int, hidden_size: int) -> dict[str, tuple[int, ...]]: ...

    def initial(
        self, rng: np.random.Generator, input_size: int, hidden_size: int, options: Mapping[str, float]
    ) -> dict[str, np.ndarray]: ...

    def project(self, weights: Mapping[str, Array], x: Array) -> Array: ...

    def step(
        self, weights: Mapping[str, Array], projected: Array, state: Any, below: Array | None = None
    ) -> tuple[Array, Any, dict[str, Array]]: ...

    def fast(self, weights: Mapping[str, Array], x: Array, state: Any) -> tuple[Array, Any]: ...


CELLS: dict[str, Cell] = {
    "rnn": rnn,
    "lstm97": lstm97,
    "lstm": lstm,
    "peephole": peephole,
    "cifg": cifg,
    "gru": gru,
    "memory_gated": memory_gated,
    "mut1": mut1,
}


def find(name: str) -> Cell:
    """The cell of that name. Raises UsageError with the nearest name."""
    if name in CELLS:
        return CELLS[name]
    close = difflib.get_close_matches(name, CELLS, n=1, cutoff=0.4)
    hint = f"Did you mean {close[0]}? " if close else ""
    raise UsageError(f"There is no cell {name!r}", "model.cell", f"{hint}`charlm cells list` shows all.")


def complete(name: str, given: Mapping[str, object]) -> dict[str, float]:
    """The cell's options: those given, over its defaults. Raises UsageError that names every fault."""
    options = find(name).OPTIONS
    problems = [f"{key}: {name} has no such option" for key in given if key not in options]
    problems += [
        f"{key} {problem}"
        for key, value in given.items()
        if key in options and (problem := options[key].problem(value))
    ]
    if problems:
        has = ", ".join(options) or "none"
        raise UsageError("; ".join(problems), "model.cell_options", f"Options of {name}: {has}.")
    return {key: float(given.get(key, option.default)) for key, option in options.items()}  # type: ignore[arg-type]


def check(settings: Settings) -> list[Problem]:
    """What settings cannot know of themselves: whether there is such a cell, with such options."""
    model = settings.model
    try:
        complete(model.cell, model.cell_options)
    except UsageError as error:
        return [Problem(error.where, error.what, error.remedy)]
    return []
