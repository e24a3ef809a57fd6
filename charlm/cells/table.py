"""The table of cells: the only place that names them all.

Choices, validation, help, the README's table, the laws, studies and the benchmark read it. Knows no torch.
"""

from __future__ import annotations

from collections.abc import Mapping

from charlm.cells.cell import Cell
from charlm.cells.cifg import CIFG
from charlm.cells.clockwork import Clockwork
from charlm.cells.depth_gated import DepthGated
from charlm.cells.gated_delta import GatedDelta
from charlm.cells.grid import Grid
from charlm.cells.gru import GRU
from charlm.cells.highway import Highway
from charlm.cells.lstm import LSTM
from charlm.cells.lstm97 import LSTM97
from charlm.cells.matrix_lstm import MatrixLSTM
from charlm.cells.memory_gated import MemoryGated
from charlm.cells.min_gru import MinGRU
from charlm.cells.min_lstm import MinLSTM
from charlm.cells.mogrifier import Mogrifier
from charlm.cells.multiplicative import Multiplicative
from charlm.cells.mut1 import MUT1
from charlm.cells.ntm import NTM
from charlm.cells.own_files import own_class
from charlm.cells.peephole import Peephole
from charlm.cells.qrnn import QRNN
from charlm.cells.rg_lru import RGLRU
from charlm.cells.rnn import RNN
from charlm.cells.slstm import SLSTM
from charlm.cells.sru import SRU
from charlm.config.cell_files import cell_file, is_file, short_name
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
    "multiplicative": Multiplicative,
    "highway": Highway,
    "mogrifier": Mogrifier,
    "slstm": SLSTM,
    "qrnn": QRNN,
    "sru": SRU,
    "rg_lru": RGLRU,
    "min_gru": MinGRU,
    "min_lstm": MinLSTM,
    "matrix_lstm": MatrixLSTM,
    "gated_delta": GatedDelta,
    "ntm": NTM,
}


def find_cell(name: str) -> type[Cell]:
    """The class of the cell with that name, or in the file that it names (own_files.py says which files may run).

    Raises UsageError, with the most similar name, if there is none.
    """
    if name in CELLS:
        return CELLS[name]
    if file := cell_file(name):
        return own_class(file)
    if is_file(name):
        raise UsageError(
            f"{name!r} does not name a cell in a file", "model.cell", "Write it as path/to/mycell.py:MyCell."
        )
    remedy = f"{suggestion(name.lower(), CELLS)} `charlm cells list` shows all.".lstrip()
    raise UsageError(f"There is no cell {name!r}", "model.cell", remedy)


def build_cell(name: str, given: Mapping[str, object]) -> Cell:
    """The cell with the given options and its defaults for the others.

    Raises UsageError if there is no such cell, or one that lists every invalid option.
    """
    cell = find_cell(name)
    options = cell.options()
    problems = [f"{key}: {short_name(name)} has no such option" for key in given if key not in options]
    problems += [
        f"{key} {problem}"
        for key, value in given.items()
        if key in options and (problem := options[key].problem(value))
    ]
    if problems:
        has = ", ".join(options) or "none"
        raise UsageError("; ".join(problems), "model.cell_options", f"Options of {short_name(name)}: {has}.")
    return cell(**given)
