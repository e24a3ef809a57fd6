"""Finds the records of encoded text, and hashes each. Knows ids only, no characters.

A hash is a polynomial modulo 2^64 (Karp and Rabin 1987). Two records of a usual text share a hash once in about 10^19
pairs; records that were made to share one count as equal, which is harmless here. Shape letters: N ids, R records.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from charlm.text.cache import in_chunks, unmap

Ids = npt.NDArray[Any]
Numbers = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]

FACTOR = 0x9E3779B97F4A7C15  # odd, so it has an inverse modulo 2^64
INVERSE = pow(FACTOR, -1, 2**64)
HASHED = 1 << 18  # ids that are hashed together
UNMAPPED = 64  # such chunks, after which their memory is given back


def find_records(ids: Ids, end_id: int) -> tuple[Numbers, Numbers]:
    """(R,) the start and the length of each record, without its end. Empty records are left out."""
    ends, offset = [], 0
    for chunk in in_chunks(ids):
        ends.append(np.flatnonzero(chunk == end_id) + offset)
        offset += len(chunk)
    stops = np.concatenate([*ends, np.array([len(ids)])]).astype(np.int64)
    starts = np.concatenate([[0], stops[:-1] + 1])
    lengths = stops - starts
    return starts[lengths > 0], lengths[lengths > 0]


def hash_records(ids: Ids, starts: Numbers, lengths: Numbers) -> Hashes:
    """(R,) a hash of each record. The records are in the order of the text and do not overlap."""
    hashes = np.zeros(len(starts), np.uint64)
    powers = _powers(FACTOR, min(HASHED, len(ids)) + 1)
    inverses = _powers(INVERSE, len(powers))
    stops = starts + lengths
    for first in range(0, len(ids), HASHED):
        chunk = ids[first : first + HASHED]
        if first % (UNMAPPED * HASHED) == 0:
            unmap(ids[:first])
        within = np.searchsorted(starts, first, "right") - 1  # the record in which the chunk begins
        if within >= 0 and stops[within] >= first + len(chunk):
            passed = first - int(starts[within])
            hashes[within] = lengthened(int(hashes[within]), passed, chunk)
            continue
        terms = (chunk.astype(np.uint64) + np.uint64(1)) * powers[: len(chunk)]
        sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(terms, dtype=np.uint64)])
        inside = slice(np.searchsorted(stops, first, "right"), np.searchsorted(starts, first + len(chunk), "left"))
        begins = np.maximum(starts[inside] - first, 0)
        parts = (sums[np.minimum(stops[inside] - first, len(chunk))] - sums[begins]) * inverses[begins]
        if len(parts) and starts[inside.start] < first:  # this record began in an earlier chunk
            parts[:1] *= np.uint64(pow(FACTOR, first - int(starts[inside.start]), 2**64))
        hashes[inside] += parts
    return hashes


def lengthened(found: int, length: int, ids: Ids) -> int:
    """The hash of one record of that hash and length that goes on with these ids."""
    powers = _kept_powers(HASHED)
    for first in range(0, len(ids), HASHED):
        chunk = ids[first : first + HASHED]
        sums = np.dot(chunk.astype(np.uint64) + np.uint64(1), powers[: len(chunk)])
        found += int(sums) * pow(FACTOR, length + first, 2**64)
    return found % 2**64


@cache
def _kept_powers(count: int) -> Hashes:
    """(count,) the powers that every whole chunk of a long record is multiplied by."""
    return _powers(FACTOR, count)


def mixed(hashes: Hashes, seed: int) -> Hashes:
    """(R,) other numbers for the same records, spread evenly, and different for each seed (splitmix64, Steele 2014)."""
    values = hashes + np.uint64((seed + 1) * FACTOR % 2**64)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _powers(factor: int, count: int) -> Hashes:
    """(count,) factor ** 0, factor ** 1, ... modulo 2^64."""
    factors = np.full(count, factor, np.uint64)
    factors[:1] = 1
    return np.cumprod(factors, dtype=np.uint64)
