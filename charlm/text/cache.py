"""The cache of encoded texts: memory-mapped arrays of ids, kept between runs. Knows no characters and no vocabulary.

An entry is two files: KEY.ids, the raw little-endian ids, and KEY.json, which describes them and makes the entry valid.
Each is written under a temporary name and renamed, KEY.json last, and every load compares the two. So a crash, a full
disk or two processes at once cannot leave a wrong entry that is taken for a valid one. A process compares large ids
once, as long as their file stays what it was.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from charlm.errors import TextError
from charlm.machine import cores

Array = npt.NDArray[Any]
DTYPES = {name: np.dtype(name).newbyteorder("<") for name in ("uint8", "uint16", "uint32")}
CHUNK_LENGTH = 1 << 20  # ids that one pass holds in memory
PIECE = 1 << 26  # bytes of ids with a checksum of their own
BLOCK = 1 << 20  # bytes that are compared at a time
MOST_HELD = 1 << 30  # bytes of ids that are held in memory if the cache cannot be written

_compared: dict[Path, tuple[int, ...]] = {}  # the state of each large file of ids that this process has compared


@dataclass(frozen=True, eq=False)
class Entry:
    """ids (N,) and facts about them. `note` says why they are in memory only; empty if they are on the disk."""

    ids: Array
    facts: dict[str, Any]
    note: str = ""


class Pieces:
    """Checksums of ids as they are written: (number of ids, sha256) of each PIECE, and of the rest."""

    def __init__(self, itemsize: int) -> None:
        self._itemsize, self._whole = itemsize, list[tuple[int, str]]()
        self._size, self._sha256 = 0, hashlib.sha256()

    def add(self, data: bytes) -> None:
        """These bytes are written next."""
        rest = memoryview(data)
        while len(rest):
            taken = rest[: PIECE - self._size]
            self._sha256.update(taken)
            self._size += len(taken)
            rest = rest[len(taken) :]
            if self._size == PIECE:
                self._whole = self.found
                self._size, self._sha256 = 0, hashlib.sha256()

    @property
    def found(self) -> list[tuple[int, str]]:
        """Those of all that was added."""
        rest = [(self._size // self._itemsize, self._sha256.hexdigest())] if self._size else []
        return self._whole + rest


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
    ids_file, facts_file = files_of(key)
    try:
        record = json.loads(facts_file.read_bytes())
        dtype, length = DTYPES[record["dtype"]], record["length"]
        if record["sum"] != _sum(record) or ids_file.stat().st_size != length * dtype.itemsize:
            return None
        ids = mapped(ids_file, dtype, length)
        whole = (
            _is_whole(ids_file, record["pieces"], dtype.itemsize) if "pieces" in record else _has_digest(ids, record)
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Entry(ids, record["facts"]) if whole else None


def store_entry(
    key: str,
    dtype: np.dtype[Any],
    chunks: Callable[[], Iterator[Array]],
    facts: Callable[[Array], dict[str, Any]],
) -> Entry:
    """Store the ids that `chunks()` yields and the facts about them, and return the entry.

    If the cache cannot be written, the ids are held in memory and the entry's note says so. Raises TextError if they
    are too many for that.
    """
    ids_file, _ = files_of(key)
    pieces = Pieces(dtype.itemsize)

    def blocks() -> Iterator[bytes]:
        for chunk in chunks():
            data = chunk.astype(DTYPES[dtype.name], copy=False).tobytes()
            pieces.add(data)
            yield data

    try:
        write_atomically(ids_file, blocks())
        ids = mapped(ids_file, DTYPES[dtype.name], ids_file.stat().st_size // dtype.itemsize)
        known = facts(ids)
        describe_entry(key, dtype, len(ids), pieces.found, known)
    except OSError as error:
        reason = error.strerror or str(error)
        held = _held(chunks(), dtype, str(ids_file.parent), reason)
        return Entry(held, facts(held), f"the encoded text is held in memory: {ids_file.parent}: {reason}")
    return Entry(ids, known)


def describe_entry(
    key: str, dtype: np.dtype[Any], length: int, pieces: list[tuple[int, str]], facts: dict[str, Any]
) -> None:
    """Write KEY.json, which makes KEY.ids an entry. `pieces` are the checksums of its ids, in order. Raises OSError."""
    record = {"dtype": dtype.name, "length": length, "pieces": [list(piece) for piece in pieces], "facts": facts}
    write_atomically(files_of(key)[1], [json.dumps(record | {"sum": _sum(record)}).encode()])


def has_pieces(file: Path, start: int, pieces: Iterable[tuple[int, str]], itemsize: int) -> bool:
    """Whether a file of ids has these checksums one after another, from an id on. Raises OSError."""
    with file.open("rb") as stream:
        stream.seek(start * itemsize)
        for length, expected in pieces:
            sha256, left = hashlib.sha256(), length * itemsize
            while left and (block := stream.read(min(BLOCK, left))):
                sha256.update(block)
                left -= len(block)
            if left or sha256.hexdigest() != expected:
                return False
    return True


def files_of(key: str) -> tuple[Path, Path]:
    """KEY.ids and KEY.json."""
    folder = cache_folder() / "ids"
    return folder / f"{key}.ids", folder / f"{key}.json"


def mapped(path: Path, dtype: np.dtype[Any], length: int) -> Array:
    """The ids of a file, which stay on the disk until they are used."""
    # An empty file cannot be mapped.
    return np.memmap(path, dtype, "r", shape=(length,)) if length else np.empty(0, dtype)


def _held(chunks: Iterator[Array], dtype: np.dtype[Any], folder: str, reason: str) -> Array:
    held, size = [np.empty(0, dtype)], 0
    for chunk in chunks:
        held.append(chunk)
        size += chunk.nbytes
        if size > MOST_HELD:
            raise TextError(
                f"The encoded text is too large to be held in memory, and cannot be written: {reason}",
                folder,
                "Make room there, or set CHARLM_CACHE to a folder that you can write to, with room.",
            )
    return np.concatenate(held)


def in_chunks(ids: Array) -> Iterator[Array]:
    """The ids in chunks of a million, so that a pass over them takes little memory."""
    for start in range(0, len(ids), CHUNK_LENGTH):
        chunk = ids[start : start + CHUNK_LENGTH]
        yield chunk
        if len(ids) > CHUNK_LENGTH:
            unmap(chunk)


def unmap(ids: Array) -> None:
    """Give the memory back in which ids of a mapped file were read; the system keeps them as long as it has room."""
    mapping: Any = getattr(ids, "_mmap", None)
    if mapping is not None and hasattr(mmap, "MADV_DONTNEED"):
        start = ids.ctypes.data - np.frombuffer(mapping, np.uint8).ctypes.data
        first = start // mmap.PAGESIZE * mmap.PAGESIZE
        mapping.madvise(mmap.MADV_DONTNEED, first, start + ids.nbytes - first)


def _is_whole(file: Path, pieces: list[tuple[int, str]], itemsize: int) -> bool:
    """Whether the ids have the checksums of their pieces. Those of large ids are computed on all cores."""
    status = file.stat()
    if status.st_size <= PIECE:
        return has_pieces(file, 0, pieces, itemsize)
    state = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    if _compared.get(file) == state:
        return True
    from concurrent.futures import ThreadPoolExecutor

    starts = np.cumsum([0, *(length for length, _ in pieces)])
    with ThreadPoolExecutor(cores()) as threads:
        whole = all(threads.map(lambda start, piece: has_pieces(file, int(start), [piece], itemsize), starts, pieces))
    if whole:
        _compared[file] = state
    return whole


def _has_digest(ids: Array, record: dict[str, Any]) -> bool:
    """Whether the ids have the one checksum of an entry that an earlier version wrote."""
    sha256 = hashlib.sha256()
    for chunk in in_chunks(ids):
        sha256.update(chunk.data)
    return bool(sha256.hexdigest() == record["ids"])


def _sum(record: dict[str, Any]) -> str:
    """A checksum over everything else in KEY.json."""
    names = ("dtype", "length", "pieces" if "pieces" in record else "ids", "facts")
    content = json.dumps([record[field] for field in names], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()
