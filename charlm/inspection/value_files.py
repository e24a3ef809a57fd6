"""The cache of recorded values: files of float16, bounded in size. Knows no model and no text.

A file is named by what its values were computed from, so it is right if it exists and has its size: it is written
under another name first. The files that were not used for longest are removed when all together are too large.

Shape letters: N characters, H hidden.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import numpy.typing as npt

from charlm.errors import TextError
from charlm.inspection.value_names import Value
from charlm.text.cache import cache_folder

FORMAT = 1  # to be increased if the same model and text give other values
LARGEST = 8 * 2**30  # bytes of all files together; a single recording may be larger
LIMIT = "CHARLM_VALUES"  # an environment variable: another bound, in bytes


def values_folder() -> Path:
    """Where they are kept."""
    return cache_folder() / "values"


def recording_key(parameters: Mapping[str, np.ndarray], settings: str, ids: np.ndarray, end: int | None) -> str:
    """What the values of a model of these parameters and settings over ids (N,) are kept under."""
    sha256 = hashlib.sha256(f"{FORMAT} {settings} {end} {ids.dtype} {len(ids)}".encode())
    for name in sorted(parameters):
        sha256.update(name.encode())
        sha256.update(np.ascontiguousarray(parameters[name]).data)
    for start in range(0, len(ids), 1 << 22):
        sha256.update(np.ascontiguousarray(ids[start : start + (1 << 22)]).data)
    return sha256.hexdigest()[:32]


def value_file(key: str, value: Value) -> Path:
    return values_folder() / f"{key}-{value.layer}-{value.name}.f16"


def load_values(key: str, value: Value, characters: int) -> npt.NDArray[np.float16] | None:
    """The values (N, H) that are kept, as a memory map; None if there are none."""
    path = value_file(key, value)
    try:
        if path.stat().st_size != characters * value.units * 2:
            return None
        os.utime(path)  # so it is not among the first to be removed
        return np.memmap(path, np.float16, "r", shape=(characters, value.units))
    except (OSError, ValueError):
        return None


class ValueWriter:
    """A file of values that is being written, in any order."""

    def __init__(self, path: Path, value: Value, characters: int) -> None:
        """Raises OSError."""
        self._value, self._characters = value, characters
        path.parent.mkdir(parents=True, exist_ok=True)
        self._target = path
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.stem[:24], suffix=".part")
        self.temporary = Path(name)
        self._file = os.fdopen(descriptor, "r+b", buffering=0)
        self._file.truncate(characters * value.units * 2)

    def put(self, first: int, rows: np.ndarray) -> None:
        """Rows (M, H) from character `first` on; -1 stands for the last character. Raises OSError."""
        if first < 0:
            self.put(self._characters - 1, rows[:1])
            first, rows = 0, rows[1:]
        if len(rows):
            self._file.seek(first * self._value.units * 2)
            self._file.write(np.clip(rows, -65504, 65504).astype("<f2").tobytes())

    def done(self) -> npt.NDArray[np.float16]:
        """Give the file its name; the values, as a memory map. Raises OSError."""
        self._file.close()
        self.temporary.replace(self._target)
        return np.memmap(self._target, np.float16, "r", shape=(self._characters, self._value.units))

    def drop(self) -> None:
        with suppress(OSError):
            self._file.close()
            self.temporary.unlink()


@contextmanager
def writers(key: str, values: Sequence[Value], characters: int) -> Iterator[list[ValueWriter]]:
    """Files for these values. If the block fails, they are gone. Raises TextError if they cannot be written."""
    opened: list[ValueWriter] = []
    try:
        for value in values:
            opened.append(ValueWriter(value_file(key, value), value, characters))
        yield opened
    except OSError as error:
        size = sum(2 * characters * value.units for value in values)
        raise TextError(
            f"The values cannot be kept: {error.strerror or error}",
            f"{values_folder()}: {size:,} bytes",
            "Make room, name another folder in CHARLM_CACHE, or give a shorter text or --layer.",
        ) from None
    finally:
        for writer in opened:
            if writer.temporary.exists():
                writer.drop()


def remove_oldest(kept: str) -> int:
    """Remove the files that were not used for longest until all are within the bound, but for those of the key `kept`;
    gives the bytes that are gone."""
    given = os.environ.get(LIMIT, "")
    bound, gone = int(given) if given.isdecimal() else LARGEST, 0
    files = []
    for path in (*values_folder().glob("*.f16"), *values_folder().glob("*.on")):
        with suppress(OSError):
            files.append((path.stat().st_mtime, path.stat().st_size, path))
    total = sum(size for _, size, _ in files)
    for _, size, path in sorted(files):
        if total - gone <= bound:
            break
        if not path.name.startswith(kept):
            with suppress(OSError):
                path.unlink()
                gone += size
    return gone


def remove_all() -> int:
    """Remove all kept values, and what an interrupted recording left; gives the bytes that are gone."""
    gone = 0
    for path in values_folder().glob("*"):
        with suppress(OSError):
            size = path.stat().st_size
            path.unlink()
            gone += size
    return gone
