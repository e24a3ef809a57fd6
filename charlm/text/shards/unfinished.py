"""An entry of the cache that is written part by part: KEY.part, the ids, and KEY.parts, a line for each part that is
whole. So a process that was killed loses only the parts that it was at. Knows no text and no processes.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from charlm.text import cache
from charlm.text.shards.encoding_part import Encoded, no_room_error

if TYPE_CHECKING:
    from filelock import FileLock

FORGOTTEN = 14 * 24 * 3600  # seconds after which an unfinished entry that nobody has gone on with is removed


class Unfinished:
    """The ids and the parts under a key; `size` is that of all ids in bytes. The caller holds the lock."""

    def __init__(self, key: str, size: int) -> None:
        self._key = key
        self.file = cache.files_of(key)[0].with_suffix(".part")
        self._list = self.file.with_suffix(".parts")
        if not self.file.exists() or self.file.stat().st_size != size:
            self._list.unlink(missing_ok=True)
            with self.file.open("wb") as file:
                file.truncate(size)
        needed = size - 512 * getattr(self.file.stat(), "st_blocks", 0)
        free = shutil.disk_usage(self.file.parent).free
        if needed > free:
            raise no_room_error(self.file, f"it needs {needed:,} bytes, and {free:,} are free")

    def written(self) -> dict[int, Encoded]:
        """The parts that are whole, by their numbers, as they were listed; the disk may have lost some of them."""
        found: dict[int, Encoded] = {}
        with suppress(OSError):
            for line in self._list.read_bytes().split(b"\n"):
                with suppress(ValueError, KeyError, TypeError):  # the last line may be cut short
                    number, value = json.loads(line)
                    found[int(number)] = Encoded.from_json(value)
        return found

    def add(self, number: int, part: Encoded) -> None:
        """List a part that is whole. Raises OSError."""
        with self._list.open("ab") as file:
            file.write(b"\n" + json.dumps([number, part.to_json()]).encode())

    def finish(self, dtype: np.dtype[Any], parts: Mapping[int, Encoded], facts: dict[str, Any]) -> cache.Entry:
        """Make it an entry of the cache. Raises OSError."""
        pieces = [piece for number in sorted(parts) for piece in parts[number].pieces]
        length = sum(part.length for part in parts.values())
        ids_file, _ = cache.files_of(self._key)
        cache.describe_entry(self._key, dtype, length, pieces, facts)
        self.file.replace(ids_file)
        self._list.unlink(missing_ok=True)
        return cache.Entry(cache.mapped(ids_file, cache.DTYPES[dtype.name], length), facts)


def lock_of(key: str) -> FileLock:
    """The lock, not yet held, of whoever writes the entry under a key. Raises OSError."""
    from filelock import FileLock

    folder = cache.files_of(key)[0].parent
    folder.mkdir(parents=True, exist_ok=True)
    _forget_old(folder)
    return FileLock(folder / f"{key}.lock")


def _forget_old(folder: Path) -> None:
    """Remove what was begun long ago."""
    for file in [*folder.glob("*.part"), *folder.glob("*.parts"), *folder.glob("*.lock")]:
        with suppress(OSError):
            if time.time() - file.stat().st_mtime > FORGOTTEN:
                file.unlink()
