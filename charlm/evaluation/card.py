"""The rows of a score card: one text, read once by all that predict it, and scored in several ways. Knows no files.

A row is a combination of sources: `static` is the model alone, `static + n-gram` mixes the model and an n-gram. Each
source reads each block of the text once, however many rows use it, and the time that it takes counts for each of these
rows: it is what the row would take alone.

Shape letters: N symbols of a text, V symbols of the vocabulary.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from charlm.errors import DivergedError
from charlm.evaluation.beside_model import blend_beside
from charlm.evaluation.predicting import BLOCK, Predictor
from charlm.evaluation.temperature import at_temperature

Learns = Literal["no", "weights", "yes"]  # from the text that it reads: nothing, the weights of a mixture, all it can
Combine = Callable[[Sequence[np.ndarray], np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Row:
    """`combine` makes the log-probabilities (N, V) of the row from those of its sources and the ids (N,)."""

    name: str
    sources: tuple[str, ...]
    combine: Combine
    learns: Learns


@dataclass(frozen=True, eq=False)
class RowNats:
    """The nats (N,) of a row, and the seconds that it takes; of no use if a model diverged that adapts."""

    row: Row
    nats: np.ndarray
    seconds: float
    diverged: DivergedError | None = None


# sources: models, n-grams alone, and those that are mixed with a model
MODEL, ADAPTING, NGRAM, COUNTING = "model", "adapting model", "n-gram", "counting n-gram"
BESIDE, COUNTING_BESIDE, NEW_BESIDE = "n-gram to mix", "counting n-gram to mix", "n-gram of the text alone"


def model_rows(temperature: float, adapting: bool) -> list[Row]:
    """The rows of a model, of new mixtures; `adapting` says whether there are those of the model that adapts, too."""
    rows = [
        Row("static", (MODEL,), _alone, "no"),
        Row("fitted temperature", (MODEL,), lambda every, _: at_temperature(every[0], temperature), "no"),
        Row("adapted", (ADAPTING,), _alone, "yes"),
        Row("static + n-gram", (MODEL, BESIDE), blend_beside(counting=False).mix, "weights"),
        Row("static + counting", (MODEL, COUNTING_BESIDE, NEW_BESIDE), blend_beside(counting=True).mix, "yes"),
        Row("adapted + counting", (ADAPTING, COUNTING_BESIDE, NEW_BESIDE), blend_beside(counting=True).mix, "yes"),
    ]
    return [row for row in rows if adapting or ADAPTING not in row.sources]


def ngram_rows(order: int) -> list[Row]:
    """The rows of the n-grams alone."""
    name = f"Kneser-Ney {order}"
    return [Row(name, (NGRAM,), _alone, "no"), Row(f"{name}, counting", (COUNTING,), _alone, "yes")]


def read_rows(
    sources: Mapping[str, Predictor],
    rows: Sequence[Row],
    ids: np.ndarray,
    tell: Callable[[int], object] | None = None,
) -> list[RowNats]:
    """All rows of ids (N,); the sources have read nothing yet. `tell` is told how many symbols are read.

    A source that diverges ends the rows that need it, and no other.
    """
    diverged: dict[str, DivergedError] = {}
    nats = np.empty((len(rows), len(ids)))
    seconds, own = dict.fromkeys(sources, 0.0), [0.0] * len(rows)
    for start in range(0, len(ids), BLOCK):
        block = ids[start : start + BLOCK].astype(np.int64)
        at, read = np.arange(len(block)), {}
        for name, source in sources.items():
            if name not in diverged:
                began = time.perf_counter()
                try:
                    read[name] = source.read(block)
                except DivergedError as error:
                    diverged[name] = error
                seconds[name] += time.perf_counter() - began
        for number, row in enumerate(rows):
            if diverged.keys() & set(row.sources):
                continue
            began = time.perf_counter()
            mixed = row.combine([read[name] for name in row.sources], block)
            nats[number, start : start + len(block)] = -mixed[at, block]
            own[number] += time.perf_counter() - began
        if tell is not None:
            tell(start + len(block))
    return [
        RowNats(
            row,
            nats[number],
            own[number] + sum(seconds[name] for name in row.sources),
            next((diverged[name] for name in row.sources if name in diverged), None),
        )
        for number, row in enumerate(rows)
    ]


def _alone(every: Sequence[np.ndarray], ids: np.ndarray) -> np.ndarray:
    return every[0]
