"""How open the gates were at each checkpoint that was seen while a run trains. Knows no HTTP and no terminal.

A checkpoint may be gone before it is read, since a training keeps few: then the next one is shown.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from charlm.checkpoint import Checkpoint, load_checkpoint
from charlm.checkpoint.reopening import reopen_text
from charlm.errors import CharlmError
from charlm.inspection.gates import gate_shares
from charlm.runs.folder import Run, step_of

MOST_KEPT = 400  # checkpoints; beyond, every second one is forgotten


class GateHistory:
    """The shares of each gate's values that are low, between and high, by step. It belongs to one thread."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._ids: np.ndarray | None = None
        self._seen: set[int] = set()
        self.shares: list[dict[str, Any]] = []
        self.note = ""  # why there are none

    def look(self) -> None:
        """Read the checkpoints that are new."""
        try:
            found = self._run.checkpoints
        except CharlmError:
            return
        for folder in found:
            if step_of(folder) in self._seen or self.note:
                continue
            try:
                checkpoint = load_checkpoint(folder)
            except CharlmError as error:
                if folder.exists():  # it is whole, and cannot be read: a cell of one's own, for example
                    self.note = f"{error.what}. {error.remedy}".strip()
                continue
            self._seen.add(step_of(folder))
            self._add(checkpoint)

    def _add(self, checkpoint: Checkpoint) -> None:
        if checkpoint.latent_kind is not None:
            self.note = "The gates of a model with latent variables are not shown."
            return
        try:
            ids = self._text_of(checkpoint)
            with np.errstate(all="ignore"):
                found = gate_shares(checkpoint.model, ids, checkpoint.record_end)
        except CharlmError as error:
            self.note = f"{error.what}. The gates are shown with the run's own text alone."
            return
        if not found:
            self.note = "The cells of this model have no gates."
            return
        gates = [{name: value for name, value in asdict(each).items() if name != "values"} for each in found]
        later = [each for each in self.shares if each["step"] > checkpoint.step]  # the training went back
        self.shares = [each for each in self.shares if each not in later]
        self.shares.append({"step": checkpoint.step, "gates": gates})
        if len(self.shares) > MOST_KEPT:
            self.shares = self.shares[::2]

    def _text_of(self, checkpoint: Checkpoint) -> np.ndarray:
        """The valid split of the run's own text, or what it was trained on if there is none."""
        if self._ids is None:
            corpus = reopen_text(checkpoint, "charlm runs watch")
            valid = corpus.split("valid")
            self._ids = valid if valid.size > 1 else corpus.split("train")
        return self._ids
