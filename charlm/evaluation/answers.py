"""Records of a question and its answer: what the answer costs, and whether the model would have given it.

Each record is read from a fresh state. The model reads the right answer, symbol by symbol. If the likeliest symbol is
the right one each time, the model would have written this answer by itself, always taking the likeliest (greedy
decoding). Knows no files.

Shape letters: R records, T time, B rows, V symbols.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from charlm.engines.choosing import run_with_numpy
from charlm.evaluation.score import in_bits
from charlm.evaluation.text import RECORD_ROWS, RECORD_WINDOW
from charlm.kernels.blas import one_blas_thread
from charlm.model.language_model import LanguageModel
from charlm.model.probabilities import target_nats
from charlm.text.lanes import NO_TARGET
from charlm.text.records.answers import Scored
from charlm.text.records.record_lanes import RecordLanes


@dataclass(frozen=True, eq=False)
class AnswerScores:
    """Of each record (R,): the nats of what counts of it, how many symbols that is, and whether all were likeliest."""

    nats: npt.NDArray[np.float64]
    symbols: npt.NDArray[np.int64]
    right: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class LengthScore:
    """The mean over the records whose answers have from `low` to `high` symbols."""

    low: int
    high: int
    records: int
    bits: float  # of a record
    bits_per_symbol: float
    right: float  # share
    optimum: float | None  # bits of a record that the best possible model pays, if that is known


def score_answers(
    model: LanguageModel,
    ids: np.ndarray,
    end: int,
    scored: Scored,
    tell: Callable[[int], object] = lambda symbols: None,
) -> AnswerScores:
    """The records of ids (N,), in the order of the text. The parameters are numpy arrays.

    `tell` is called with the number of symbols that were read. Raises TextError if a record has no mark.
    """
    reader = RecordLanes(ids, end, RECORD_ROWS, RECORD_WINDOW, seed=0, scored=scored)
    starts = reader.starts
    nats, symbols = np.zeros(len(starts)), np.zeros(len(starts), np.int64)
    right = np.ones(len(starts), bool)
    state, read = model.fresh_state(reader.batch_size), 0
    for position in range(reader.windows_per_epoch):
        batch = reader.at(position)
        if batch.reset.any():
            state = model.fresh_state(reader.batch_size)
        with one_blas_thread():
            logits, state = model.forward(batch.inputs, state, run_with_numpy)
        there = batch.targets != NO_TARGET
        if there.any():
            chosen, wanted = logits[there], batch.targets[there]
            record = np.searchsorted(starts, reader.places(position)[there], side="right") - 1
            np.add.at(nats, record, target_nats(chosen, wanted).astype(np.float64))
            np.add.at(symbols, record, 1)
            np.logical_and.at(right, record, chosen.argmax(axis=-1) == wanted)
        read += batch.inputs.size
        tell(min(read, len(ids)))  # padding was read, too
    return AnswerScores(nats, symbols, right)


def by_length(
    scores: AnswerScores, scored: Scored, most: int | None = None, optimum: npt.NDArray[np.float64] | None = None
) -> list[LengthScore]:
    """The scores by the number of symbols of the answer, its end left out; `most` joins lengths to so many ranges.

    `optimum` (R,) has the bits that the best possible model pays for each record.
    """
    lengths = scores.symbols - scored.end
    return [
        _mean(scores, (lengths >= low) & (lengths <= high), low, high, optimum)
        for low, high in _ranges(np.unique(lengths), most)
    ]


def of_all(scores: AnswerScores, scored: Scored, optimum: npt.NDArray[np.float64] | None = None) -> LengthScore:
    """The same over all records."""
    lengths = scores.symbols - scored.end
    return _mean(scores, np.ones(len(lengths), bool), int(lengths.min()), int(lengths.max()), optimum)


def _ranges(lengths: npt.NDArray[np.int64], most: int | None) -> Iterator[tuple[int, int]]:
    parts = np.array_split(lengths, min(len(lengths), most or len(lengths)))
    return ((int(part[0]), int(part[-1])) for part in parts)


def _mean(
    scores: AnswerScores,
    which: npt.NDArray[np.bool_],
    low: int,
    high: int,
    optimum: npt.NDArray[np.float64] | None,
) -> LengthScore:
    nats, records = float(scores.nats[which].sum()), int(which.sum())
    return LengthScore(
        low=low,
        high=high,
        records=records,
        bits=in_bits(nats) / records,
        bits_per_symbol=in_bits(nats) / max(1, int(scores.symbols[which].sum())),
        right=float(scores.right[which].mean()),
        optimum=None if optimum is None else float(optimum[which].mean()),
    )
