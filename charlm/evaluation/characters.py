"""The nats of each character of a text, aligned to it, and of its lines. Knows no files.

They are what a score adds up (scoring.py). Shape letters: N ids of the text, L lines.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from charlm.evaluation.charging import name_nats
from charlm.evaluation.score import Score
from charlm.evaluation.scorers import WindowScorer
from charlm.evaluation.scoring import read_records, stream_nats
from charlm.evaluation.text import RECORD_ROWS, RECORD_WINDOW
from charlm.text.lanes import NO_TARGET, Batch
from charlm.text.records.record_lanes import RecordLanes
from charlm.text.vocabulary import Vocabulary

ROWS = RECORD_ROWS, RECORD_WINDOW
Order = Literal["excess", "mean", "text"]
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class CharacterScores:
    """ids (N,), and the nats (N,) of each, NaN for those that are not scored: the first of a running text, the ends of
    empty records."""

    ids: npt.NDArray[np.integer]
    nats: npt.NDArray[np.floating]
    vocabulary: Vocabulary

    @property
    def score(self) -> Score:
        """The sum, which is the score of the text."""
        return Score(float(np.nansum(self.nats, dtype=np.float64)), int(np.isfinite(self.nats).sum()))

    def lines(self, end: int | None) -> LineScores:
        """The scores of the lines, each ended by this id; None: all of the text is one line."""
        stops = np.flatnonzero(self.ids == end) + 1 if end is not None else np.zeros(0, np.int64)
        if not len(stops) or stops[-1] < len(self.ids):
            stops = np.append(stops, len(self.ids))
        starts = np.concatenate([[0], stops[:-1]]).astype(np.int64)
        known = np.where(np.isnan(self.nats), 0, self.nats).astype(np.float64)
        counts = np.add.reduceat((~np.isnan(self.nats)).astype(np.int64), starts)
        return LineScores(starts, stops.astype(np.int64), counts, np.add.reduceat(known, starts))


@dataclass(frozen=True, eq=False)
class LineScores:
    """(L,) each: where a line starts and stops, its end included, the number of characters scored, and their nats."""

    starts: Numbers
    stops: Numbers
    characters: Numbers
    nats: npt.NDArray[np.float64]

    @cached_property
    def means(self) -> npt.NDArray[np.float64]:
        """(L,) nats per character; 0 for a line without a scored one."""
        return np.asarray(self.nats / np.maximum(self.characters, 1))

    @cached_property
    def excess(self) -> npt.NDArray[np.float64]:
        """(L,) the nats beyond those that as many characters of this text have on average."""
        return np.asarray(self.nats - self.characters * (self.nats.sum() / max(1, self.characters.sum())))

    def ranked(self, order: Order) -> Numbers:
        """The numbers of the lines with scored characters, counted from 0: the worst first, or as in the text."""
        scored = np.flatnonzero(self.characters)
        if order == "text":
            return scored
        values = self.excess if order == "excess" else self.means
        return scored[np.argsort(-values[scored], kind="stable")]


def score_characters(
    scorer: WindowScorer,
    ids: npt.NDArray[np.integer],
    vocabulary: Vocabulary,
    end: int | None,
    unknown: Mapping[str, int] | None = None,
) -> CharacterScores:
    """The nats of ids (N,), N >= 2. `end` and `unknown` are as in `charlm.evaluation.text.score_text`.

    A last record that has no end gets one, which is scored.
    """
    ids = with_end(ids, end)
    nats = _running(scorer, ids) if end is None else _records(scorer, RecordLanes(ids, end, *ROWS, seed=0), len(ids))
    return _named(ids, nats, vocabulary, unknown)


def score_places(
    scorer: WindowScorer,
    ids: npt.NDArray[np.integer],
    vocabulary: Vocabulary,
    end: int | None,
    unknown: Mapping[str, int] | None = None,
) -> CharacterScores:
    """The same with a scorer that reads places in ids (N,), which come from `with_end` (likeliest.py)."""
    if end is None:
        nats = _running(scorer, np.arange(len(ids)))
    else:
        nats = _records(scorer, _PlacesOfRecords(ids, end, *ROWS, seed=0), len(ids))
    return _named(ids, nats, vocabulary, unknown)


def with_end(ids: npt.NDArray[np.integer], end: int | None) -> npt.NDArray[np.integer]:
    """The ids, with the end of the last record."""
    return ids if end is None or ids[-1] == end else np.append(ids, np.array(end, ids.dtype))


class _PlacesOfRecords(RecordLanes):
    """The same windows with the places of their inputs and targets, where the first id comes after the last end."""

    def at(self, position: int) -> Batch:
        batch, places = super().at(position), self.places(position)
        return Batch(np.where(places == NO_TARGET, 0, places - 1), places, batch.reset, batch.epoch)


def _running(scorer: WindowScorer, ids: npt.NDArray[np.integer]) -> npt.NDArray[np.float32]:
    return np.concatenate([np.full(1, np.nan, np.float32), stream_nats(scorer, ids)])


def _records(scorer: WindowScorer, reader: RecordLanes, size: int) -> npt.NDArray[np.float32]:
    nats = np.full(size, np.nan, np.float32)
    for position, (batch, values) in enumerate(read_records(scorer, reader)):
        there = batch.targets != NO_TARGET
        nats[reader.places(position)[there]] = values[there]
    return nats


def _named(
    ids: npt.NDArray[np.integer],
    nats: npt.NDArray[np.floating],
    vocabulary: Vocabulary,
    unknown: Mapping[str, int] | None,
) -> CharacterScores:
    """An unknown symbol costs its name, too, as it does in a score, where all names cost the same."""
    if vocabulary.unknown_id is not None and unknown:
        names = np.where(ids == vocabulary.unknown_id, name_nats(vocabulary, unknown), 0.0)
        nats = nats + names if names.any() else nats
    return CharacterScores(ids, nats, vocabulary)
