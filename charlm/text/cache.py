"""The cache of encoded texts: memory-mapped arrays of ids, kept between runs. Knows no characters and no vocabulary.

An entry is two files: KEY.ids, the raw little-endian ids, and KEY.json, which describes them and makes the entry valid.
Each is written under a temporary name and renamed, KEY.json last, and every load compares the two. So a crash, a full
disk or two processes at once cannot leave a wrong entry that is taken for a valid one.
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
CHUNK_LENGTH = 1 << 22  # ids that one pass holds in memory


@dataclass(frozen=True, eq=False)
class Entry:
    """ids (N,) and facts about them. `note` says why they are in memory only; empty if they are on the disk."""

    ids: Array
    facts: dict[str, Any]
    note: str = ""


def cache_folder() -> Path:
    """$CHARLM_CACHE, or the platform's folder for caches."""
    if given := os.environ.get("CHARLM_CACHE"):
        return Path(given).expanduser()
    from platformdirs import user_cache_dir  # pooch uses it too, and imports much more

    return Path(user_cache_dir("charlm"))


def write_atomically(path: Path, blocks: Iterable[bytes]) -> Path:
    """Write a file so that it exists whole or not at all. Raises OSError."""
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
    """The entry under a key; None if there is none, or if its files are not what was written."""
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
    """Store the ids that `chunks()` yields and the facts about them, and return the entry.

    If the cache cannot be written, the ids are held in memory and the entry's note says so.
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
    # An empty file cannot be mapped.
    return np.memmap(path, dtype, "r", shape=(length,)) if length else np.empty(0, dtype)


def in_chunks(ids: Array) -> Iterator[Array]:
    """The ids in chunks of a few million, so that a pass over them takes little memory."""
    return (ids[start : start + CHUNK_LENGTH] for start in range(0, len(ids), CHUNK_LENGTH))


def _digest(ids: Array) -> str:
    sha256 = hashlib.sha256()
    for chunk in in_chunks(ids):
        sha256.update(chunk.data)
    return sha256.hexdigest()


def _sum(record: dict[str, Any]) -> str:
    """A checksum over everything else in KEY.json."""
    content = json.dumps([record[field] for field in ("dtype", "length", "ids", "facts")], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()
