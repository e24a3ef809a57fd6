"""The range coder of the library `constriction`, given integers alone. Knows no model.

constriction makes frequencies of weights w: it multiplies the sum of the first k weights by (2^24 - S) / sum(w), rounds
down, and adds k. For the weights of integers.py the factor is 1, all sums are whole numbers that float32 holds, and the
frequencies are w + 1. `perfect=False` is this rule; the default has changed from one version to another.

Shape letters: B symbols coded one after another, S symbols of the alphabet.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from charlm.compression.integers import Weights
from charlm.errors import IntegrityError, UsageError
from charlm.version import install_extra

WORD = 4  # bytes of a word of the coder
INSTALL = f"Install it with `{install_extra('compress')}`, or alone with `pip install constriction`."


@cache
def _library() -> tuple[Any, Any]:
    """The queues and the model of constriction. Raises UsageError if it is not installed."""
    try:
        import constriction
    except ImportError:
        raise UsageError("Compressing needs the library constriction", "it is not installed", INSTALL) from None
    return constriction.stream.queue, constriction.stream.model.Categorical(perfect=False)


def require_coder() -> None:
    """Raises UsageError if the library is not installed."""
    _library()


class Encoder:
    """Symbols to bytes."""

    def __init__(self) -> None:
        queue, self._model = _library()
        self._coder = queue.RangeEncoder()

    def put(self, symbols: npt.NDArray[Any], weights: Weights) -> None:
        """Code symbols (B,) under weights (B, S), one after another."""
        self._coder.encode(np.ascontiguousarray(symbols, np.int32), self._model, weights)

    def words(self) -> bytes:
        """All that was coded: some words, the lowest byte of each first."""
        return bytes(self._coder.get_compressed().astype("<u4").tobytes())


class Decoder:
    """Bytes to symbols, in the same order and under the same weights."""

    def __init__(self, words: bytes) -> None:
        queue, self._model = _library()
        self._coder = queue.RangeDecoder(np.frombuffer(words, "<u4").astype(np.uint32))

    def take(self, weights: Weights) -> npt.NDArray[np.int64]:
        """The symbols (B,) under weights (B, S). Raises IntegrityError if no encoder made such bytes."""
        try:
            return np.asarray(self._coder.decode(self._model, weights), np.int64)
        except (AssertionError, ValueError):
            raise IntegrityError(
                "The compressed text cannot be decoded",
                "its bytes do not fit the model's probabilities",
                "Compress the text again, on this machine or with --portable.",
            ) from None
