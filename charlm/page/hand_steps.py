"""The steps that no trace gives, in JavaScript that was written by hand: page/assets/ has a file for each cell.

A law compares them with the definitions. Knows no HTML. Shape letters: H hidden, N heads or places of a memory.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from typing import Any

import numpy as np

from charlm.cells.cell import Cell
from charlm.cells.gated_delta import GatedDelta
from charlm.cells.heads import head_count
from charlm.cells.matrix_lstm import MatrixLSTM
from charlm.cells.ntm import NTM
from charlm.model.stack import Layer
from charlm.page.steps import Arrays, PageStep


def _joined(*parts: np.ndarray) -> np.ndarray:
    return np.concatenate([np.ravel(part) for part in parts])


def _source(name: str) -> str:
    return files("charlm.page").joinpath("assets", f"{name}.js").read_text(encoding="utf-8").strip()


def _matrix_lstm(cell: Any, layer: Layer, read: Arrays) -> PageStep:
    H = layer.hidden_size
    vectors = np.zeros(0) if cell.plain else read["scale"]
    values = {"n": 3, "out": 0, "forget": 1, "output": 2}
    options = {"heads": head_count(H, cell.heads), "plain": int(cell.plain)}
    return PageStep("step_matrix_lstm", _source("matrix_lstm"), (), vectors, (H,) * 4, 0, values, options)


def _gated_delta(cell: Any, layer: Layer, read: Arrays) -> PageStep:
    H = layer.hidden_size
    vectors = _joined(read["conv"], read["scale"], read["rate"], read["bias"])
    values = {"out": 0, "keep": 1, "replace": 2, "output": 3}
    options = {"heads": head_count(H, cell.heads), "largest": 2 if cell.negative else 1}
    matrices = (read["weight_out"],)
    return PageStep("step_gated_delta", _source("gated_delta"), matrices, vectors, (H,) * 5, 0, values, options)


def _ntm(cell: Any, layer: Layer, read: Arrays) -> PageStep:
    H, reads, lstm = layer.hidden_size, cell.read_heads * cell.width, cell.lstm_controller
    matrices = read["weight_past"], read["weight_heads"], read["weight_out"]
    vectors = _joined(read["bias_heads"], read["bias_out"], read["first_reads"], read["first_weightings"])
    kept = (H, H + reads, H + reads, *(H, H) * lstm)
    options = {"places": cell.places, "width": cell.width, "reading": cell.read_heads, "writing": cell.write_heads}
    options |= {"reach": cell.shifts, "lstm": int(lstm), "asked": len(read["bias_heads"])}
    values = {"h": 3, "c": 4} if lstm else {"out": 0}
    return PageStep("step_ntm", _source("ntm"), matrices, vectors, kept, 0, values, options)


Write = Callable[[Any, Layer, Arrays], PageStep]
# A subclass of one of these cells may have another step.
BY_HAND: dict[type[Cell], Write] = {MatrixLSTM: _matrix_lstm, GatedDelta: _gated_delta, NTM: _ntm}
