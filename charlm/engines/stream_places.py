"""A layer of an ntm as the stream's kernel takes it (kernels/stream_places.h).

Knows no torch. Shape letters: B rows, H units (padded), U those that do not fill up, N places, D numbers in a place, A
heads, P numbers asked of them and E numbers read (padded), K blocks of the controller's sums.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from charlm.cells.ntm import NTM
from charlm.cells.place_memory import LIMIT, START
from charlm.engines.kernel_arrays import padded
from charlm.engines.stream_arrays import StreamArrays, padding_step
from charlm.engines.stream_by_hand import Arrays, Shape, StreamedByHand
from charlm.kernels import MemoryTurn, library


class StreamedPlaces(StreamedByHand):
    """A layer of an ntm. The kernel has the memory first, and then the state of an lstm that controls it."""

    NAME = "places"
    STAGES = ("reads", "control", "ask", "turn", "output")

    def _prepare(self, cell: NTM, read: Arrays, arrays: StreamArrays) -> Shape:
        kernel, U, H = library(), self._units, self._width
        assert kernel is not None
        self._lstm, self._blocks = cell.lstm_controller, 4 if cell.lstm_controller else 1
        reads, step = cell.read_heads * cell.width, padding_step()
        asked = len(read["bias_heads"])
        P, E = asked + -asked % step, reads + -reads % step  # noqa: N806
        self._sizes = MemoryTurn(
            first=arrays.keep(np.ascontiguousarray(read["first_weightings"], np.float32)),
            B=1,
            N=cell.places,
            D=cell.width,
            reading=cell.read_heads,
            writing=cell.write_heads,
            reach=cell.shifts,
            start=START,
            limit=LIMIT,
        )
        self.description.places, self.description.K = ctypes.addressof(self._sizes), self._blocks
        vectors = (padded(read["bias_heads"], 1, asked, P), padded(read["bias_out"], 1, U, H), read["first_reads"])
        self.description.vectors = arrays.keep(np.concatenate(vectors, dtype=np.float32))

        def matrix(value: np.ndarray, rows: int, columns: int, blocks: int = 1) -> int:
            """The address of a matrix in panels, its blocks of rows and its columns filled up with zeros."""
            whole = padded(padded(value, 1, value.shape[1], columns).T, blocks, len(value) // blocks, rows).T
            return arrays.pack(whole)

        panels = self.description.panels
        panels[0] = matrix(read["weight_heads"], P, H)
        panels[1] = matrix(read["weight_reads"], H, E, self._blocks)
        panels[2] = matrix(read["weight_out"][:, U:], H, E)
        panels[4] = matrix(read["weight_out"][:, :U], H, H)
        inputs = {0: H, 1: E, 2: E}
        parts = [cell.places * cell.width, reads, cell.heads * cell.places]
        if self._lstm:
            panels[3] = matrix(read["weight_hh"], H, H, self._blocks)
            inputs[3] = H
            parts += [H, H]
            self.description.copied[3] = 3  # h
        return Shape(tuple(parts), P + E + kernel.memory_room(ctypes.byref(self._sizes)), inputs)

    def _columns(self, sums: np.ndarray) -> np.ndarray:
        return padded(sums, self._blocks, self._units, self._width)

    def begin(self, before: Any, rows: int) -> np.ndarray:
        controller = [padded(part, 1, self._units, self._width) for part in before[:-3]]
        return super().begin((*before[-3:], *controller), rows)

    def end(self, parts: np.ndarray, like: Any) -> Any:
        memory, reads, weightings, *controller = self._divided(parts)
        return type(like)(*(part[:, : self._units] for part in controller), memory, reads, weightings)
