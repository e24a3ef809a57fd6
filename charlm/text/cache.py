"""Encoded texts kept between runs, as memory-mapped arrays of ids. Knows no text, no vocabulary: arrays and facts.

An entry is two files under one key: NAME.ids, the raw little-endian ids, and NAME.json, which makes it valid. Each is
written under a temporary name and renamed, the second last, and what it says of the first is checked at every opening,
so that neither a crash, nor a full disk, nor two processes at once can leave an entry that is believed and wrong.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
DTYPES = {name: np.dtype(name).newbyteorder("<") for name in ("uint8", "uint16", "uint32")}
CHUNK_LENGTH = 1 << 22  # ids looked at at a time


@dataclass(frozen=True, eq=False)
class Entry:
    """ids (N,) and what is known of them. `note` says why they are in memory only, or nothing."""

    ids: Array
    facts: dict[str, Any]
    note: str = ""


def cache_folder() -> Path:
    """$CHARLM_CACHE, or the platform's folder for caches."""
    if given := os.environ.get("CHARLM_CACHE"):
        return Path(given).expanduser()
    import pooch

    return Path(pooch.os_cache("charlm"))


def write_atomically(path: Path, blocks: Iterable[bytes]) -> Path:
    """Write a file so that it is there whole or not at all. OSError where the system refuses."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.stem[:24], suffix=".part")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            for block in blocks:
                file.write(block)
        return temporary.replace(path)
    except BaseException:
        temporary.unlink()
        raise


def load_entry(key: str) -> Entry | None:
    """The entry under a key, or None where there is none, or one that is not what was written."""
    ids_file, facts_file = _files(key)
    try:
        record = json.loads(facts_file.read_bytes())
        dtype, length = DTYPES[record["dtype"]], record["length"]
        if record["sum"] != _sum(record) or ids_file.stat().st_size != length * dtype.itemsize:
            return None
        ids = _mapped(ids_file, dtype, length)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Entry(ids, record["facts"]) if _digest(ids) == record["ids"] else None


def store_entry(
    key: str,
    dtype: np.dtype[Any],
    chunks: Callable[[], Iterator[Array]],
    facts: Callable[[Array], dict[str, Any]],
) -> Entry:
    """Keep the ids that `chunks()` yields, with the facts about them, and return both.

    Where the cache cannot be written to, the ids are held in memory and the entry's note says so.
    """
    ids_file, facts_file = _files(key)
    try:
        write_atomically(ids_file, (chunk.astype(DTYPES[dtype.name], copy=False).tobytes() for chunk in chunks()))
        ids = _mapped(ids_file, DTYPES[dtype.name], ids_file.stat().st_size // dtype.itemsize)
        known = facts(ids)
        record = {"dtype": dtype.name, "length": len(ids), "ids": _digest(ids), "facts": known}
        write_atomically(facts_file, [json.dumps(record | {"sum": _sum(record)}).encode()])
    except OSError as error:
        held = np.concatenate([np.empty(0, dtype), *chunks()])
        reason = error.strerror or str(error)
        return Entry(held, facts(held), f"the encoded text is held in memory: {ids_file.parent}: {reason}")
    return Entry(ids, known)


def _files(key: str) -> tuple[Path, Path]:
    folder = cache_folder() / "ids"
    return folder / f"{key}.ids", folder / f"{key}.json"


def _mapped(path: Path, dtype: np.dtype[Any], length: int) -> Array:
    # A file of no bytes cannot be mapped.
    return np.memmap(path, dtype, "r", shape=(length,)) if length else np.empty(0, dtype)


def in_chunks(ids: Array) -> Iterator[Array]:
    """The ids, a few million at a time, so that no pass over them needs memory in proportion to the text."""
    return (ids[start : start + CHUNK_LENGTH] for start in range(0, len(ids), CHUNK_LENGTH))


def _digest(ids: Array) -> str:
    sha256 = hashlib.sha256()
    for stretch in in_chunks(ids):
        sha256.update(stretch.data)
    return sha256.hexdigest()


def _sum(record: dict[str, Any]) -> str:
    """A checksum over everything that the second file says."""
    said = json.dumps([record[field] for field in ("dtype", "length", "ids", "facts")], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()
