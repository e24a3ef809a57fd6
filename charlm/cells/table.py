"""The table of cells: the only place that names them all.

Choices, validation, help, the README's table, the laws, studies and the benchmark read it. Knows no torch.
"""

from __future__ import annotations

from collections.abc import Mapping

from charlm.cells.cell import Cell
from charlm.cells.cifg import CIFG
from charlm.cells.clockwork import Clockwork
from charlm.cells.depth_gated import DepthGated
from charlm.cells.grid import Grid
from charlm.cells.gru import GRU
from charlm.cells.lstm import LSTM
from charlm.cells.lstm97 import LSTM97
from charlm.cells.memory_gated import MemoryGated
from charlm.cells.mut1 import MUT1
from charlm.cells.peephole import Peephole
from charlm.cells.rnn import RNN
from charlm.config.problems import Problem
from charlm.config.settings import LayerSettings, Settings
from charlm.config.suggestions import suggestion
from charlm.errors import UsageError

CELLS: dict[str, type[Cell]] = {
    "rnn": RNN,
    "lstm97": LSTM97,
    "lstm": LSTM,
    "peephole": Peephole,
    "cifg": CIFG,
    "gru": GRU,
    "memory_gated": MemoryGated,
    "depth_gated": DepthGated,
    "clockwork": Clockwork,
    "grid": Grid,
    "mut1": MUT1,
}


def find_cell(name: str) -> type[Cell]:
    """The class of the cell with that name. Raises UsageError, with the most similar name, if there is none."""
    if name in CELLS:
        return CELLS[name]
    remedy = f"{suggestion(name.lower(), CELLS)} `charlm cells list` shows all.".lstrip()
    raise UsageError(f"There is no cell {name!r}", "model.cell", remedy)


def build_cell(name: str, given: Mapping[str, object]) -> Cell:
    """The cell with the given options and its defaults for the others.

    Raises UsageError if there is no such cell, or one that lists every invalid option.
    """
    cell = find_cell(name)
    options = cell.options()
    problems = [f"{key}: {name} has no such option" for key in given if key not in options]
    problems += [
        f"{key} {problem}"
        for key, value in given.items()
        if key in options and (problem := options[key].problem(value))
    ]
    if problems:
        has = ", ".join(options) or "none"
        raise UsageError("; ".join(problems), "model.cell_options", f"Options of {name}: {has}.")
    return cell(**given)


def stack_problems(settings: Settings) -> list[Problem]:
    """What is wrong with the stack: a cell, an option or a size that cannot be, a memory that cannot be read.

    The settings cannot check this themselves, because they do not know the cells.
    """
    problems: dict[str, Problem] = {}  # by what they say: layers that share a problem report it once
    below: LayerSettings | None = None
    for number, layer in enumerate(settings.model.stack()):
        name = "model.cell" if settings.model.layers is None else f"model.layers[{number}]"
        try:
            cell = build_cell(layer.cell, layer.cell_options)
        except UsageError as error:
            problems.setdefault(error.what, Problem(error.where, error.what, error.remedy))
            below = None
            continue
        if bad_size := cell.size_problem(layer.hidden_size):
            problems.setdefault(bad_size, Problem("model.hidden_size", f"model.hidden_size {bad_size}"))
        if cell.READS_BELOW and below is not None:
            what = _unreadable_memory(layer, below)
            if what:
                problems.setdefault(what, Problem(name, what, "`charlm cells show` tells what each cell has."))
        below = layer
    return list(problems.values())


def _unreadable_memory(layer: LayerSettings, below: LayerSettings) -> str | None:
    """Why a layer cannot read the memory of the layer below it; None if it can."""
    if find_cell(below.cell).MEMORY is None:
        return f"{layer.cell} reads the memory of the layer below, and {below.cell} has none"
    if below.hidden_size != layer.hidden_size:
        sizes = f"{below.hidden_size} units below and {layer.hidden_size} of its own"
        return f"{layer.cell} reads the memory of the layer below, which must be as wide as itself: it has {sizes}"
    return None
