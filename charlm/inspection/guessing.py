"""What a model thinks comes next, after some characters of a text. Knows no files and no torch.

Shape letters: N ids of the text, M places, V symbols, K likeliest.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from charlm.engines.choosing import run_with_numpy
from charlm.kernels.blas import one_blas_thread
from charlm.model.language_model import LanguageModel
from charlm.model.probabilities import log_softmax

WARM_UP = 512  # characters that are read before the first place


def next_guesses(
    model: LanguageModel, ids: npt.NDArray[np.integer], first: int, stop: int, kept: int, end: int | None = None
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """The likeliest symbols after each character from `first` to `stop`, the last excluded, and their probabilities,
    (M, K) each, the likeliest first. ids (N,).

    The model reads at most WARM_UP characters before them, from a fresh state. `end` ends a record.
    """
    begin = max(0, first - WARM_UP)
    if end is not None and first:
        before = np.flatnonzero(ids[begin:first] == end)
        begin += int(before[-1]) if len(before) else 0
    parts = [np.arange(begin, stop)]
    if end is not None:  # each record begins with the end of the one before it
        cuts = np.flatnonzero(ids[begin:stop] == end)
        parts = [part for part in np.split(parts[0], cuts) if len(part)]
    chances = []
    with one_blas_thread():
        for part in parts:
            read = ids[part].astype(np.int64)[:, None]
            logits, _ = model.forward(read, model.fresh_state(1), run_with_numpy)
            chances.append(np.exp(log_softmax(logits[:, 0])))
    found = np.concatenate(chances)[first - begin :]
    order = np.argsort(-found, axis=1, kind="stable")[:, :kept]
    return order, np.take_along_axis(found, order, axis=1)
