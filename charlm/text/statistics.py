"""Counts and entropies of encoded text. Knows ids only, no characters. Shape letters: N ids, V symbols."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from charlm.text.cache import in_chunks

Counts = npt.NDArray[np.int64]
LARGEST_TABLE = 1 << 22  # entries of a table of pairs; for more symbols the pairs are sorted instead


def symbol_counts(ids: npt.NDArray[Any], vocab_size: int) -> Counts:
    """(V,) the count of each id."""
    counts = np.zeros(vocab_size, np.int64)
    for chunk in in_chunks(ids):
        counts += np.bincount(chunk, minlength=vocab_size)
    return counts


def entropy(counts: Counts) -> float:
    """Bits per symbol if each is drawn independently with these counts (Shannon 1948)."""
    seen = counts[counts > 0]
    total = int(seen.sum())
    return float((seen * (np.log2(total) - np.log2(seen))).sum() / total) if total else 0.0


def bigram_entropy(ids: npt.NDArray[Any], vocab_size: int) -> float:
    """Bits per symbol if each is drawn given the one before it: H(pair) - H(first of the pair).

    The mean over the N - 1 symbols that follow another; 0 if there is none.
    """
    if len(ids) < 2:
        return 0.0
    pairs = _pair_counts(ids, vocab_size)
    return max(0.0, entropy(pairs) - entropy(symbol_counts(ids[:-1], vocab_size)))


def _pair_counts(ids: npt.NDArray[Any], vocab_size: int) -> Counts:
    """The count of each pair of neighbouring ids, in any order."""
    kinds = vocab_size**2
    table = np.zeros(kinds if kinds <= LARGEST_TABLE else 0, np.int64)
    keys, counts = np.empty(0, np.int64), np.empty(0, np.int64)
    before: npt.NDArray[Any] = ids[:0]
    for chunk in in_chunks(ids):
        joined = np.concatenate([before, chunk]).astype(np.int64)
        found = joined[:-1] * vocab_size + joined[1:]
        before = np.array(chunk[-1:])  # a copy: the memory of the chunk is given back
        if len(table):
            table += np.bincount(found, minlength=kinds)
            continue
        # Merge the pairs of this chunk into those of the chunks before it.
        new_keys, new_counts = np.unique(found, return_counts=True)
        keys, place = np.unique(np.concatenate([keys, new_keys]), return_inverse=True)
        merged = np.zeros(len(keys), np.int64)
        np.add.at(merged, place, np.concatenate([counts, new_counts]))
        counts = merged
    return table if len(table) else counts
