"""The records of the text that a checkpoint was trained on: whether a record stands there. Knows no model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from charlm.checkpoint.contents import Checkpoint
from charlm.checkpoint.moved import Moved
from charlm.checkpoint.reopening import reopen_text
from charlm.text.records.record_hashes import Hashes, find_records, hash_records
from charlm.text.vocabulary import Vocabulary


@dataclass(frozen=True, eq=False)
class TrainingRecords:
    """The sorted hashes of all records of a text, those of its validation and test included."""

    hashes: Hashes
    vocabulary: Vocabulary

    def has(self, record: str) -> bool:
        """Whether the text has this record, all of it."""
        encoded = self.vocabulary.encode(record, "skip")
        if encoded.unknown or not len(encoded.ids):
            return False
        whole = np.array([0]), np.array([len(encoded.ids)])
        found = hash_records(encoded.ids, *whole)
        at = int(np.searchsorted(self.hashes, found[0]))
        return at < len(self.hashes) and bool(self.hashes[at] == found[0])


def open_training_records(checkpoint: Checkpoint, again: str, moved: Moved | None = None) -> TrainingRecords:
    """The records of the checkpoint's own text, read again. Arguments and errors are those of `reopen_text`."""
    corpus = reopen_text(checkpoint, again, moved=moved)
    end = checkpoint.record_end
    assert end is not None, "the model has records"
    return TrainingRecords(np.unique(hash_records(corpus.ids, *find_records(corpus.ids, end))), corpus.vocabulary)
