"""One character after the other on a CUDA card, many streams at once: the engine of sampling in bulk.

A step of a fixed number of rows is recorded and replayed; fewer rows are filled up, more are stepped in blocks. So the
scores of a row come from the same kernels whether it is alone or one of many. Draws are not made here.
Shape letters: B rows, V symbols.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch

from charlm.config.settings import ModelSettings
from charlm.model.network import forward, unroll
from charlm.model.recording import CardRecorder, NotRecorded, Recorder, Work
from charlm.model.state import State, each, fresh_state

ROWS = 64  # of a block; a card is as quick with them as with one


class GraphStepper:
    """What `Stepper` is, on a card: a function from characters and a state to scores for the next ones, in float32."""

    rows_alike: ClassVar[bool] = True

    def __init__(
        self,
        parameters: Mapping[str, np.ndarray],
        settings: ModelSettings,
        place: torch.device,
        rows: int = ROWS,
        recorder: Recorder | None = None,
    ) -> None:
        self._settings = settings
        self._parameters = {name: torch.tensor(value, device=place) for name, value in parameters.items()}
        self._rows = rows
        self._ids = torch.zeros(rows, dtype=torch.long, device=place)
        self._before = fresh_state(settings, self._parameters, rows)
        self._after = each(self._before, torch.clone)
        self._logits = self._parameters["head.bias"].new_zeros(rows, len(self._parameters["head.bias"]))
        self.notes: tuple[str, ...] = ()
        self._step = self._recorded(recorder or CardRecorder(place))

    def fresh(self, rows: int) -> State:
        """The state before the first character."""
        return fresh_state(self._settings, self._parameters, rows)

    def step(self, ids: np.ndarray, state: State) -> tuple[np.ndarray, State]:
        """ids (B,) and the state before them -> logits (B, V), float32, and the state after them, on the card."""
        blocks = [
            self._block(ids[start : start + self._rows], _rows_of(state, start, start + self._rows))
            for start in range(0, len(ids), self._rows)
        ]
        logits = np.concatenate([logits for logits, _ in blocks])
        return logits, blocks[0][1] if len(blocks) == 1 else _joined([after for _, after in blocks])

    def _block(self, ids: np.ndarray, state: State) -> tuple[np.ndarray, State]:
        rows = len(ids)
        self._ids[:rows].copy_(torch.from_numpy(np.array(ids, np.int64)))
        for buffer, part in _pairs(self._before, state):
            buffer[:rows].copy_(part)
        self._step()
        return self._logits[:rows].cpu().numpy().copy(), each(self._after, lambda part: part[:rows].clone())

    def _recorded(self, recorder: Recorder) -> Work:
        recorder.rehearse(self._work)
        try:
            return recorder.record(self._work)
        except NotRecorded as error:
            self.notes = (f"no CUDA graph, which takes much longer: {error}",)
            return self._work

    def _work(self) -> None:
        with torch.no_grad():
            logits, after = forward(self._parameters, self._settings, self._ids[None], self._before, unroll)
            self._logits.copy_(logits[0])
            for buffer, part in _pairs(self._after, after):
                buffer.copy_(part)


def _pairs(state: State, other: State) -> list[tuple[Any, Any]]:
    return [pair for one, two in zip(state, other, strict=True) for pair in zip(one, two, strict=True)]


def _rows_of(state: State, start: int, end: int) -> State:
    return each(state, lambda part: part[start:end])


def _joined(states: list[State]) -> State:
    """The rows of several states, one after the other."""
    return tuple(
        type(same[0])(*(torch.cat(parts) for parts in zip(*same, strict=True))) for same in zip(*states, strict=True)
    )
