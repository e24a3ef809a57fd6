"""The training part of the text that a checkpoint was trained on, to find copies of it. Knows no model.

Its suffix array is kept in the cache of encoded texts: it is found by the ids alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np

from charlm.checkpoint.contents import Checkpoint
from charlm.checkpoint.moved import OPTIONS, Moved
from charlm.checkpoint.reopening import reopen_text
from charlm.sampling.copies.verbatim import Verbatim, suffix_array
from charlm.text.cache import in_chunks, load_entry, store_entry
from charlm.text.vocabulary import Ids

FORMAT = 1  # to be increased if the same ids give another entry


def open_verbatim(
    checkpoint: Checkpoint, again: str, moved: Moved | None = None, options: Mapping[str, str] = OPTIONS
) -> Verbatim:
    """The training part of the checkpoint's own text. The arguments and errors are those of `reopen_text`.

    Raises UsageError, too, if pydivsufsort is missing.
    """
    ids = reopen_text(checkpoint, again, moved=moved, options=options).split("train")
    return Verbatim(ids, _suffixes(ids))


def _suffixes(ids: Ids) -> np.ndarray:
    sha256 = hashlib.sha256(f"suffixes {FORMAT} {ids.dtype.str}".encode())
    for chunk in in_chunks(ids):
        sha256.update(np.ascontiguousarray(chunk).data)
    key = f"suffixes-{sha256.hexdigest()}"
    entry = load_entry(key)
    if entry is None:
        found = suffix_array(ids)
        entry = store_entry(key, found.dtype, lambda: in_chunks(found), lambda stored: {})
    return entry.ids
