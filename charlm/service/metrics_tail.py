"""The lines of metrics.jsonl as they are added, for a page that asks again and again. Knows no HTTP and no model.

A training that goes back or is resumed writes the file anew: what was read before then counts for nothing.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from charlm.runs.files import finite_number

MOST_READ = 256 * 1024  # bytes at once
UPDATE = (
    "step",
    "nats",
    "train_nats",
    "gradient_norm",
    "learning_rate",
    "characters_per_second",
    "seconds",
    "progress",
)
SHOWN = ("validated", "sampled", "saved", "skipped", "rolledback", "spiked")
LONGEST = 2000  # characters of a text that is shown


@dataclass(frozen=True)
class News:
    """What is new since `offset` of the file's `version`. `updates` have the values of UPDATE, `events` are the others.

    If the file is another one than the page knows, its version is, and the news begin at the beginning.
    """

    version: str
    offset: int
    updates: list[list[float | None]]
    events: list[dict[str, Any]]
    more: bool  # there is more than was read at once


class MetricsTail:
    """Reads one file; keeps nothing of it but how long it was."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file, self._longest, self._rewritten = 0, 0, 0

    def since(self, version: str, offset: int) -> News:
        """The lines from there on; those of a file that is gone or cannot be read are none."""
        try:
            with self._path.open("rb") as file:
                now = self._version(file.fileno())
                start = offset if version == now and 0 <= offset <= self._longest else 0
                file.seek(start)
                content = file.read(MOST_READ)
        except OSError:
            return News(version, offset, [], [], False)
        whole = content[: content.rfind(b"\n") + 1]
        updates: list[list[float | None]] = []
        events: list[dict[str, Any]] = []
        for line in whole.splitlines():
            measured = _object(line)
            if measured.get("event") == "updated":
                updates.append([finite_number(measured.get(name)) for name in UPDATE])
            elif measured.get("event") in SHOWN:
                events.append(_short(measured))
        return News(now, start + len(whole), updates, events, len(content) == MOST_READ)

    def _version(self, descriptor: int) -> str:
        """Another one for another file, and for one that has become shorter."""
        found = os.fstat(descriptor)
        if found.st_ino != self._file or found.st_size < self._longest:
            self._rewritten += 1
        self._file, self._longest = found.st_ino, found.st_size
        return f"{found.st_ino:x}-{self._rewritten}"


def _object(line: bytes) -> dict[str, Any]:
    """The object of a line; empty if there is none."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _short(measured: dict[str, Any]) -> dict[str, Any]:
    """Numbers and the beginnings of texts, as JSON can hold them."""
    return {
        name: value[:LONGEST] if isinstance(value, str) else value if isinstance(value, bool) else finite_number(value)
        for name, value in measured.items()
        if isinstance(value, str | int | float) or value is None
    }
