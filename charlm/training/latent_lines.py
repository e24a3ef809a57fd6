"""The lines that a model with latent variables trains on: each is read whole. Knows no model."""

from __future__ import annotations

import numpy as np

from charlm.config.settings import Settings
from charlm.errors import TextError
from charlm.text.corpus import Corpus
from charlm.text.records.record_hashes import find_records
from charlm.text.records.record_lanes import RecordLanes, record_end_id

WHOLE = 10**9  # characters of a window: no line is cut
LONGEST_LINE = 2000  # characters: a line is one window, whose memory grows with its length
FEWEST_LINES = 10
MOST_PLACES = 64  # of a canvas (model.latent.canvas)


def line_reader(settings: Settings, corpus: Corpus) -> RecordLanes:
    """The reader of whole lines of the train split. Raises TextError for lines that are too few or too long."""
    ids, end = corpus.split("train"), record_end_id(settings.text, corpus.vocabulary)
    lengths = np.zeros(0) if end is None else find_records(corpus.ids, end)[1]
    if end is None or len(lengths) < FEWEST_LINES:
        raise TextError(
            f"The text has too few lines for a model with latent variables: {len(lengths):,}",
            corpus.name,
            f"Such a model learns what lines have in common: give a list with {FEWEST_LINES} lines or more.",
        )
    latent = settings.model.latent
    most = latent.canvas - 1 if latent.kind == "draw" else LONGEST_LINE
    if too_long := int((lengths > most).sum()):
        more = latent.kind == "draw" and latent.canvas < MOST_PLACES
        advice = f"Give more places: -s model.latent.canvas={MOST_PLACES}\nOr leave" if more else "Leave"
        raise TextError(
            f"{too_long:,} of {len(lengths):,} lines are longer than {most:,} characters",
            corpus.name,
            f"{advice} the long lines out, for example with: awk 'length <= {most}' TEXT > short.txt",
        )
    return RecordLanes(ids, end, settings.training.batch_size, WHOLE, settings.training.seed)
