"""Which characters of a record count: all, or those after a mark that separates what is given from what is scored.

A record `abda>abda` with `text.answer_after: ">"` is a question and its answer: the model reads both, and is trained
and scored on the answer alone, with the record's end. Knows ids only, no files and no model.

Shape letters: N ids, R records.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from charlm.config.settings import TextSettings
from charlm.errors import TextError
from charlm.text.records.record_hashes import Ids, Numbers, find_records
from charlm.text.vocabulary import Vocabulary


@dataclass(frozen=True)
class Scored:
    """What counts of a record: the symbols after the first `mark`, an id, or all if it is None; and its end, or not."""

    mark: int | None = None
    end: bool = True


ALL = Scored()


def scored_part(settings: TextSettings, vocabulary: Vocabulary) -> Scored:
    """What counts in texts with these settings. Raises TextError if the vocabulary lacks the mark."""
    mark = settings.answer_after
    if mark is None:
        return Scored(None, settings.score_ends)
    if mark not in vocabulary.symbols:
        raise TextError(
            f"The text has no {mark!r}, which separates what is given from what is scored",
            f"text.answer_after={mark}",
            "Give a text whose records have it, or leave text.answer_after out.",
        )
    return Scored(vocabulary.symbols.index(mark), settings.score_ends)


def first_scored(ids: Ids, starts: Numbers, lengths: Numbers, mark: int | None) -> Numbers:
    """(R,) the place in each record of the first symbol that counts: 0, or the one after the first mark.

    It is the length of the record if nothing but its end counts. Raises TextError if a record has no mark.
    """
    if mark is None:
        return np.zeros(len(starts), np.int64)
    marks = np.append(np.flatnonzero(np.asarray(ids) == mark), len(ids)).astype(np.int64)
    found = marks[np.searchsorted(marks, starts)]
    if (lacking := np.flatnonzero(found >= starts + lengths)).size:
        raise TextError(
            f"{lacking.size:,} of {len(starts):,} records lack the mark after which characters count",
            f"record {int(lacking[0]) + 1:,} is the first of them",
            "Remove these records, or give another text.answer_after (none: all characters count).",
        )
    return np.asarray(found - starts + 1)


def scored_mask(ids: Ids, end_id: int, scored: Scored) -> np.ndarray:
    """(N,) bool: which of the ids count. Raises TextError if a record has no mark."""
    if scored.mark is None:
        mask = np.ones(len(ids), bool)
    else:
        starts, lengths = find_records(ids, end_id)
        edges = np.zeros(len(ids) + 2, np.int32)
        np.add.at(edges, starts + first_scored(ids, starts, lengths, scored.mark), 1)
        np.add.at(edges, starts + lengths + 1, -1)
        mask = np.cumsum(edges)[: len(ids)] > 0
    return mask if scored.end else mask & (np.asarray(ids) != end_id)
