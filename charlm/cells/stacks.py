"""What is wrong with a stack of layers, which the settings cannot check: they do not know the cells. Knows no torch."""

from __future__ import annotations

from charlm.cells.cell import Cell
from charlm.cells.table import build_cell, find_cell
from charlm.config.cell_files import short_name
from charlm.config.problems import Problem
from charlm.config.settings import LayerSettings, Settings
from charlm.errors import UsageError


def stack_problems(settings: Settings) -> list[Problem]:
    """What is wrong with the stack: a cell, an option or a size that cannot be, a memory that cannot be read."""
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
        elif number == 0 and (bad_size := _encoder_problem(settings, cell)):
            problems.setdefault(bad_size, Problem("model.latent.encoder_size", bad_size))
        if cell.READS_BELOW and below is not None:
            what = _unreadable_memory(layer, below)
            if what:
                problems.setdefault(what, Problem(name, what, "`charlm cells show` tells what each cell has."))
        below = layer
    return list(problems.values())


def _encoder_problem(settings: Settings, cell: Cell) -> str | None:
    """What is wrong with the width of the network that guesses latents, which has the lowest layer's cell."""
    model = settings.model
    if model.latent.kind in (None, "vrnn"):  # without one
        return None
    bad_size = cell.size_problem(model.encoder_width)
    return bad_size and f"model.latent.encoder_size ({model.encoder_width}) {bad_size}"


def _unreadable_memory(layer: LayerSettings, below: LayerSettings) -> str | None:
    """Why a layer cannot read the memory of the layer below it; None if it can."""
    name = short_name(layer.cell)
    if find_cell(below.cell).MEMORY is None:
        return f"{name} reads the memory of the layer below, and {short_name(below.cell)} has none"
    if below.hidden_size != layer.hidden_size:
        sizes = f"{below.hidden_size} units below and {layer.hidden_size} of its own"
        return f"{name} reads the memory of the layer below, which must be as wide as itself: it has {sizes}"
    return None
