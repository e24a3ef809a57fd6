"""Scores of single lines, each read from a fresh state, as if there were no other. Knows no files.

Characters that the model does not know are charged as in charging.py: what it costs to say which characters they are is
divided among them equally, so that the lines add up to the score of the whole text. Shape letter: R lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from charlm.evaluation.charging import escape_nats, name_nats
from charlm.evaluation.scorers import WindowScorer
from charlm.evaluation.scoring import read_records
from charlm.evaluation.text import RECORD_ROWS, RECORD_WINDOW
from charlm.text.clusters import clusters
from charlm.text.lanes import NO_TARGET
from charlm.text.records.record_lanes import RecordLanes
from charlm.text.vocabulary import Encoded, Vocabulary


@dataclass(frozen=True, eq=False)
class SingleLines:
    """The nats (R,) of each line and its characters (R,), its end included."""

    nats: npt.NDArray[np.float64]
    characters: npt.NDArray[np.int64]

    @property
    def means(self) -> npt.NDArray[np.float64]:
        """(R,) nats per character."""
        return np.asarray(self.nats / self.characters)


@dataclass(frozen=True, eq=False)
class EncodedLines:
    """Lines as one text of ids (N,), each ended; where each begins (R,); the unknown characters of each (R,)."""

    encoded: Encoded
    starts: npt.NDArray[np.int64]
    unknown: npt.NDArray[np.int64]
    end: int

    @classmethod
    def of(cls, lines: Sequence[str], vocabulary: Vocabulary, end: int) -> EncodedLines:
        """Raises nothing: an end within a line, which only U+001E can be, is read as a space."""
        ending = vocabulary.symbols[end]
        text = "".join(f"{line.replace(ending, ' ')}{ending}" for line in lines)
        encoded = vocabulary.encode(text, "skip")
        stops = np.flatnonzero(encoded.ids == end) + 1
        lacking = set(encoded.unknown)
        counts = np.zeros(len(lines), np.int64)
        if lacking:
            counts[:] = [sum(one in lacking for one in _symbols(line, vocabulary)) for line in lines]
        return cls(encoded, np.concatenate([[0], stops[:-1]]).astype(np.int64), counts, end)


def _symbols(line: str, vocabulary: Vocabulary) -> Sequence[str]:
    return clusters(line) if vocabulary.unit == "grapheme" else line


def score_single_lines(scorer: WindowScorer, lines: EncodedLines, vocabulary: Vocabulary) -> SingleLines:
    """The score of each line. A line without a known character costs its end and its unknown ones alone."""
    ids, starts = lines.encoded.ids, lines.starts
    nats, characters = np.zeros(len(starts)), np.zeros(len(starts), np.int64)
    empty = ids[starts] == lines.end
    if not empty.all():
        reader = RecordLanes(ids, lines.end, RECORD_ROWS, RECORD_WINDOW, seed=0)
        for position, (batch, values) in enumerate(read_records(scorer, reader)):
            there = batch.targets != NO_TARGET
            line = np.searchsorted(starts, reader.places(position)[there], side="right") - 1
            np.add.at(nats, line, values[there])
            np.add.at(characters, line, 1)
    if empty.any():  # an empty line is the end after the end of the line before it
        once, _ = scorer.nats(np.array([[lines.end]]), np.array([[lines.end]]), scorer.fresh(1))
        nats[empty], characters[empty] = once[0, 0], 1
    return _charged(SingleLines(nats, characters), lines, vocabulary)


def _charged(known: SingleLines, lines: EncodedLines, vocabulary: Vocabulary) -> SingleLines:
    counts, total = lines.unknown, int(lines.unknown.sum())
    if not total:
        return known
    each: Any = name_nats(vocabulary, lines.encoded.unknown)
    if vocabulary.unknown_id is not None:  # the model has read them already
        return SingleLines(known.nats + counts * each, known.characters)
    characters = known.characters + counts
    each += escape_nats(total, int(characters.sum())) / total
    return SingleLines(known.nats + counts * each, characters)
