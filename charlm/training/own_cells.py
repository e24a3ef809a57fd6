"""What a training does first about cells: tries those in the user's files, compiles what is missing. Knows no text."""

from __future__ import annotations

import torch

from charlm.cells.contract import check_contract
from charlm.cells.own_files import file_of, user_errors
from charlm.config.settings import ModelSettings
from charlm.device import Compute
from charlm.engines.own_kernel import own_kernel_notes
from charlm.kernels import library
from charlm.model.stack import build_layers


def prepare_own_cells(model: ModelSettings, compute: Compute) -> list[str]:
    """Try the user's cells at the sizes that will be trained, with numpy and torch; compile kernels that are not there.

    Returns notes for the user. Raises CellFileError if a cell does not do what it must, before anything is written.
    """
    notes: dict[str, None] = {}
    for layer in build_layers(model):
        path = file_of(layer.cell)
        if path is not None:
            notes[f"runs code from {path}"] = None
            with user_errors(path):
                sizes = layer.input_size, layer.hidden_size, layer.reads_below
                check_contract(layer.cell, *sizes)
                check_contract(layer.cell, *sizes, lambda array: torch.tensor(array, requires_grad=True))
        if compute.device_type == "cpu" and (path is not None or library() is not None):
            notes |= dict.fromkeys(own_kernel_notes(layer.cell, layer.reads_below, layer.hidden_size))
    return list(notes)
