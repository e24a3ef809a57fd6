"""Lines of a text as vectors of a model's values, and which are alike. Knows no files and no model.

A line's vector is the mean of the values over its characters. To compare lines, each unit is standardised over the
lines, so that a unit that is always on says nothing; likeness is then the cosine.

Shape letters: L lines, U units.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from charlm.inspection.recorded_values import Recorded

Floats = npt.NDArray[np.float32]
PART = 1 << 22  # numbers that are held while lines are added up


def line_vectors(recorded: Recorded, starts: npt.NDArray[np.int64], stops: npt.NDArray[np.int64]) -> Floats:
    """(L, U) the mean of the values from each start to its stop, the last excluded; lines are in order, none empty."""
    result = np.empty((len(starts), len(recorded.units)), np.float32)
    limit = max(1, PART // len(recorded.units))
    first = 0
    while first < len(starts):
        end = max(first + 1, int(np.searchsorted(stops, starts[first] + limit, side="right")))
        begin = int(starts[first])
        rows = recorded.rows(slice(begin, int(stops[end - 1])))
        sums = np.concatenate([np.zeros((1, rows.shape[1])), np.cumsum(rows, axis=0, dtype=np.float64)])
        counts = (stops[first:end] - starts[first:end])[:, None]
        result[first:end] = (sums[stops[first:end] - begin] - sums[starts[first:end] - begin]) / counts
        first = end
    return result


def similarities(vectors: Floats, wanted: Floats) -> Floats:
    """(L,) the cosine of each line (L, U) with a vector (U,), from -1 to 1, after each unit is standardised."""
    mean, deviation = vectors.mean(axis=0), vectors.std(axis=0)
    deviation = np.maximum(deviation, 1e-6)
    lines, one = (vectors - mean) / deviation, (wanted - mean) / deviation
    norms = np.linalg.norm(lines, axis=1) * max(float(np.linalg.norm(one)), 1e-9)
    return np.asarray(lines @ one / np.maximum(norms, 1e-9), np.float32)
