"""The exact score of a text's ids, as one stream or as records. Knows no files."""

from __future__ import annotations

import numpy as np

from charlm.evaluation.score import Score
from charlm.evaluation.scorers import WindowScorer
from charlm.evaluation.scoring import score_records, score_stream
from charlm.text.records import open_reader
from charlm.text.statistics import symbol_counts
from charlm.text.vocabulary import Vocabulary

RECORD_ROWS = 64  # records read side by side
RECORD_WINDOW = 256  # characters of a window


def score_ids(scorer: WindowScorer, ids: np.ndarray, end: int | None) -> Score:
    """ids (N,), N >= 2. A stream is scored from its second character on, records from their first to their end.

    `end` is the id that ends a record (text.records.record_end_id), None for a stream.
    """
    if end is None:
        return score_stream(scorer, ids)
    return score_records(scorer, open_reader(ids, RECORD_ROWS, RECORD_WINDOW, end))


def count_scored_bytes(ids: np.ndarray, vocabulary: Vocabulary, records: bool) -> int:
    """The number of bytes that the scored characters take in UTF-8."""
    counts = symbol_counts(ids if records else ids[1:], vocabulary.size)
    return int(counts @ vocabulary.byte_lengths)
