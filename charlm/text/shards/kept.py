"""What was counted in a part of a text, kept in the cache as long as its files stay what they were. Knows no ids.

Whether a file is the same is decided by its size and the times that the system keeps of it, so that a large text need
not be read to be known again. A file that is read again must have the sha256 that it had when it was counted.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from charlm.text import cache
from charlm.text.clusters import rules_version
from charlm.text.shards.counting import Counted
from charlm.text.stream import TextStream

FORMAT = 1  # to be increased if the same files and settings give other counts
FRESH = 2.0  # seconds after a change in which another one may leave the same time, as coarse as some clocks are
READ = (
    "newlines",
    "strip",
    "normalize",
    "unit",
    "records",
    "separator",
    "format",
    "column",
    "field",
    "label",
    "header",
)


def key_of(stream: TextStream, decided: Sequence[str] | None) -> str | None:
    """Under what a part is kept, and found if nothing has changed; None if that cannot be known."""
    states = []
    for file in stream.files:
        try:
            status = file.path.stat()
            path = str(file.path.absolute())
        except OSError:
            return None
        if file.offset is not None or time.time() - status.st_mtime < FRESH:
            return None
        state = [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]
        states.append([path, file.label, file.encoding, *state])
    settings = stream.settings
    form: list[Any] = [settings.model_dump(mode="json", include=set(READ)), stream.encoding, decided]
    form += [stream.is_followed(len(stream.files) - 1), stream.beside.own_line]
    form += rules_version() if settings.unit == "grapheme" else []
    return hashlib.sha256(json.dumps([FORMAT, states, form], sort_keys=True).encode()).hexdigest()


def load_counted(key: str) -> str | None:
    """The JSON of what was counted under a key; None if there is none, or if it is damaged."""
    try:
        content = _file(key).read_bytes()
    except OSError:
        return None
    sha256, _, value = content.partition(b"\n")
    return value.decode() if sha256.decode("latin-1") == hashlib.sha256(value).hexdigest() else None


def store_counted(key: str, value: str) -> None:
    """Keep it, if the cache can be written."""
    data = value.encode()
    with suppress(OSError):
        cache.write_atomically(_file(key), [hashlib.sha256(data).hexdigest().encode(), b"\n", data])


def counted_of(value: str, stream: TextStream) -> Counted:
    """The part that a JSON describes."""
    return Counted.from_json(json.loads(value), stream.files)


def _file(key: str) -> Any:
    return cache.cache_folder() / "counted" / f"{key}.json"
