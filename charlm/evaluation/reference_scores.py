"""What a text costs without a model: uniform, unigram, n-gram, and general compressors. Knows no files.

Each is measured after the training part, which it has counted or read, and alone, if it can learn from the text itself.
Shape letters: N symbols of a text, V symbols of the vocabulary.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from charlm.baselines.compressors import COMPRESSORS, INSTALL, PPMD_ORDER, compressed_sizes, has_ppmd
from charlm.baselines.ngram import new_ngram
from charlm.evaluation.card import Learns

COMPRESSOR_NAMES = {"ppmd": f"PPMd {PPMD_ORDER}", "xz": "xz", "bz2": "bz2"}


@dataclass(frozen=True)
class BaselineScore:
    """Mean nats per symbol after the training part, and alone; None if there is no such figure, or if it `lacks` a
    package, which it says how to install."""

    name: str
    learns: Learns
    after: float | None
    alone: float | None
    seconds: float
    lacks: str = ""


def uniform_score(vocab_size: int) -> BaselineScore:
    """All symbols are equally likely."""
    return BaselineScore("uniform", "no", math.log(vocab_size), math.log(vocab_size), 0.0)


def unigram_score(ids: np.ndarray, training: np.ndarray, vocab_size: int, skipped: int) -> BaselineScore:
    """Symbols are as likely as in the training part; the first `skipped` ids (N,) are only read."""
    began = time.perf_counter()
    counts = new_ngram(0, vocab_size)
    counts.count(training)
    nats = counts.reader(False).nats(ids)[skipped:]
    return BaselineScore("unigram", "no", float(nats.mean()), None, time.perf_counter() - began)


def ngram_alone(ids: np.ndarray, order: int, vocab_size: int, skipped: int) -> float:
    """Mean nats of an n-gram that has counted nothing, and counts while it reads."""
    return float(new_ngram(order, vocab_size).reader(True).nats(ids)[skipped:].mean())


def compressor_scores(
    ids: np.ndarray, training: np.ndarray, to_bytes: Callable[[np.ndarray], bytes]
) -> Iterator[BaselineScore]:
    """One after the other: each may take a while."""
    text, before = to_bytes(ids), to_bytes(training)
    for key, compress in COMPRESSORS.items():
        name = COMPRESSOR_NAMES[key]
        if key == "ppmd" and not has_ppmd():
            yield BaselineScore(name, "yes", None, None, 0.0, f"PPMd needs pyppmd. {INSTALL}")
            continue
        began = time.perf_counter()
        sizes = compressed_sizes(compress, text, before)
        after, alone = (8 * size * math.log(2) / len(ids) for size in (sizes.after, sizes.alone))
        yield BaselineScore(name, "yes", after, alone, time.perf_counter() - began)
