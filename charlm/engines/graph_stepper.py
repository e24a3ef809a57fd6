"""One character after the other on a CUDA device: the engine for sampling many streams at once.

A step of a fixed number of rows is captured as a CUDA graph and replayed: fewer rows are padded, more are split into
blocks. So the same kernels compute a row's logits whatever the number of rows (batch invariant). A graph reads and
writes buffers of its own, so threads that share a stepper take turns, block by block. Knows no decoding.
Shape letters: B rows, V symbols.
"""

from __future__ import annotations

from threading import Lock
from typing import Any, ClassVar

import numpy as np
import torch

from charlm.engines.cuda_graph import CaptureFailed, Capturer, CudaCapturer, Work
from charlm.model.language_model import LanguageModel
from charlm.model.state import State, map_state

ROWS = 64  # of a block; a GPU takes as long for one row as for these


class GraphStepper:
    """A `Stepper` whose states are tensors on the device. It is pickled as its model, and captures the step again.

    `notes` are for the user; empty if the step was captured.
    """

    batch_invariant: ClassVar[bool] = True

    def __init__(
        self,
        model: LanguageModel,
        device: torch.device,
        rows: int = ROWS,
        capturer: Capturer | None = None,
    ) -> None:
        self._made_of = model, device, rows
        self._turn = Lock()  # held by the thread that uses the buffers
        on_device = {name: torch.tensor(value, device=device) for name, value in model.parameters.items()}
        self._model = LanguageModel(model.settings, on_device)
        self._rows = rows
        self._ids = torch.zeros(rows, dtype=torch.long, device=device)
        self._before = self._model.fresh_state(rows)
        self._after = map_state(self._before, torch.clone)
        self._logits = on_device["head.bias"].new_zeros(rows, model.vocab_size)
        self.notes: tuple[str, ...] = ()
        self._step = self._captured(capturer or CudaCapturer(device))

    def __reduce__(self) -> tuple[Any, ...]:
        return GraphStepper, self._made_of

    def fresh(self, rows: int) -> State:
        """The state before the first character."""
        return self._model.fresh_state(rows)

    def step(self, ids: np.ndarray, state: State) -> tuple[np.ndarray, State]:
        """ids (B,) and the state before them -> logits (B, V), float32, and the state after them, on the device."""
        blocks = [
            self._block(ids[start : start + self._rows], _rows_of(state, start, start + self._rows))
            for start in range(0, len(ids), self._rows)
        ]
        logits = np.concatenate([logits for logits, _ in blocks])
        return logits, blocks[0][1] if len(blocks) == 1 else _joined([after for _, after in blocks])

    def _block(self, ids: np.ndarray, state: State) -> tuple[np.ndarray, State]:
        rows = len(ids)
        with self._turn:
            self._ids[:rows].copy_(torch.from_numpy(np.array(ids, np.int64)))
            for buffer, part in _pairs(self._before, state):
                buffer[:rows].copy_(part)
            self._step()
            return self._logits[:rows].cpu().numpy().copy(), map_state(self._after, lambda part: part[:rows].clone())

    def _captured(self, capturer: Capturer) -> Work:
        capturer.warm_up(self._work)
        try:
            return capturer.capture(self._work)
        except CaptureFailed as error:
            self.notes = (f"no CUDA graph, which takes much longer: {error}",)
            return self._work

    def _work(self) -> None:
        with torch.no_grad():
            logits, after = self._model.forward(self._ids[None], self._before)
            self._logits.copy_(logits[0])
            for buffer, part in _pairs(self._after, after):
                buffer.copy_(part)


def _pairs(state: State, other: State) -> list[tuple[Any, Any]]:
    return [pair for one, two in zip(state, other, strict=True) for pair in zip(one, two, strict=True)]


def _rows_of(state: State, start: int, end: int) -> State:
    return map_state(state, lambda part: part[start:end])


def _joined(states: list[State]) -> State:
    """The rows of several states, one after the other."""
    return tuple(
        type(same[0])(*(torch.cat(parts) for parts in zip(*same, strict=True))) for same in zip(*states, strict=True)
    )
