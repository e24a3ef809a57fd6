"""The probabilities of the next symbol in some rows of text that are coded side by side. Knows no coder.

Encoder and decoder take the identical steps: a character at a time, the same rows together, in the same arithmetic. A
step must not depend on the number of threads: whoever calls gives BLAS one (kernels/blas.py).

The first symbol of a row is as likely as any other, and the state is fresh before it, as for a score. For a model of
records, each record is read from a fresh state and after an end id, as in training; the first one too.
Shape letters: B rows, V symbols.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from charlm.compression.elementary import Floats, softmax
from charlm.errors import IntegrityError
from charlm.model.state import State, put_rows, reset_rows, take_rows
from charlm.model.stepping import Stepper


class Forecast(Protocol):
    """Some rows of text, and `probabilities` (B, V), float64, of the next symbol of each."""

    probabilities: Floats

    def advance(self, ids: npt.NDArray[np.int64]) -> None:
        """Read ids (B,). A row whose id is negative stays as it is."""

    def keep(self, rows: int) -> None:
        """Go on with the first rows alone."""


class Forecasting(Protocol):
    """What a text is coded with. `symbols` is V."""

    @property
    def symbols(self) -> int: ...

    def begin(self, rows: int) -> Forecast:
        """The forecast before the first symbol of each row of a block."""
        ...


@dataclass(frozen=True)
class Forecaster:
    """A model as the coder uses it. `symbols` is V; `record_end` the id that ends a record, None for running text."""

    stepper: Stepper
    symbols: int
    record_end: int | None = None

    def begin(self, rows: int) -> StaticForecast:
        """The forecast before the first symbol of each row."""
        uniform = np.full((rows, self.symbols), 1 / self.symbols)
        forecast = StaticForecast(self, self.stepper.fresh(rows), uniform)
        if self.record_end is not None:
            forecast.advance(np.full(rows, self.record_end))
        return forecast


class StaticForecast:
    """The state of some rows of a model that stays as it is, and `probabilities` as in Forecast."""

    def __init__(self, forecaster: Forecaster, state: State, probabilities: Floats) -> None:
        self._stepper, self._record_end = forecaster.stepper, forecaster.record_end
        self._state, self.probabilities = state, probabilities

    def advance(self, ids: npt.NDArray[np.int64]) -> None:
        """Read ids (B,). A row whose id is negative stays as it is."""
        reading = np.flatnonzero(ids >= 0)
        before, probabilities = self._state, self.probabilities
        self._step(np.maximum(ids, 0))
        if len(reading) < len(ids):
            self._state = put_rows(before, reading, take_rows(self._state, reading))
            probabilities[reading] = self.probabilities[reading]
            self.probabilities = probabilities

    def keep(self, rows: int) -> None:
        """Go on with the first rows alone."""
        self._state = take_rows(self._state, np.arange(rows))
        self.probabilities = self.probabilities[:rows]

    def _step(self, ids: npt.NDArray[np.int64]) -> None:
        state = self._state
        if self._record_end is not None and (ended := ids == self._record_end).any():
            state = reset_rows(state, ended.astype(np.float32))
        with np.errstate(over="ignore", invalid="ignore"):
            logits, self._state = self._stepper.step(ids, state)
        self.probabilities = usable(logits)


def usable(logits: npt.NDArray[Any]) -> Floats:
    """Logits (B, V) to probabilities (B, V). Raises IntegrityError if some are not finite."""
    with np.errstate(over="ignore", invalid="ignore"):
        probabilities = softmax(logits)
    if not np.isfinite(probabilities).all():
        raise IntegrityError(
            "The model gave no usable probabilities",
            "some are not finite numbers",
            "Compress with an earlier checkpoint; `charlm runs show` lists them.",
        )
    return probabilities
