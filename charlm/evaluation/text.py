"""The exact score of a text's ids, whatever they are: one long stream, or records. Chooses how; knows no files."""

from __future__ import annotations

import numpy as np

from charlm.evaluation.score import Score
from charlm.evaluation.scorers import WindowScorer
from charlm.evaluation.scoring import score_records, score_stream
from charlm.text.records import open_reader
from charlm.text.statistics import symbol_counts
from charlm.text.vocabulary import Vocabulary

RECORDS_TOGETHER = 64
RECORD_WINDOW = 256


def score_ids(scorer: WindowScorer, ids: np.ndarray, vocabulary: Vocabulary, records: bool) -> Score:
    """ids (N,), N >= 2. A stream is scored from its second character on, records from their first, ends included."""
    if not records:
        return score_stream(scorer, ids)
    return score_records(scorer, open_reader(ids, RECORDS_TOGETHER, RECORD_WINDOW, vocabulary.newline))


def bytes_scored(ids: np.ndarray, vocabulary: Vocabulary, records: bool) -> int:
    """How many bytes of UTF-8 the scored characters take."""
    counts = symbol_counts(ids if records else ids[1:], vocabulary.size)
    return int(counts @ vocabulary.byte_lengths)
