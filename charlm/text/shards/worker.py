"""A process that works on parts of a text. Each line of standard input is a task; what it says of it are lines, too.

["far", N] says how far it is, ["result", VALUE] ends a task; ["error", [CLASS, WHAT, WHERE, REMEDY]] and
["failed", TRACEBACK] end it without a result. Knows no other process but its parent.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from charlm.config.settings import TextSettings
from charlm.errors import CharlmError
from charlm.text.files.source_file import SourceFile
from charlm.text.shards.counting import count_part
from charlm.text.shards.encoding_part import Encoded, Place, write_part
from charlm.text.stream import Beside, TextStream
from charlm.text.vocabulary import Vocabulary

EVERY = 0.2  # seconds between two lines that say how far the task is


class Worker:
    """Does one task after the other."""

    def __init__(self) -> None:
        self._parent = os.getppid()
        self._last = 0.0
        self._vocabulary: tuple[Any, Vocabulary] | None = None

    def answer(self, task: dict[str, Any]) -> tuple[str, Any]:
        """The last line of a task."""
        try:
            stream = stream_of(task)
            return "result", self._encode(stream, task) if "place" in task else self._count(stream, task)
        except CharlmError as error:
            return "error", [type(error).__name__, error.what, error.where, error.remedy]
        except Exception:
            return "failed", traceback.format_exc()

    def _count(self, stream: TextStream, task: dict[str, Any]) -> Any:
        return count_part(stream, task["decided"], self._say_how_far).to_json()

    def _encode(self, stream: TextStream, task: dict[str, Any]) -> Any:
        if self._vocabulary is None or self._vocabulary[0] != task["vocabulary"]:
            self._vocabulary = task["vocabulary"], Vocabulary.from_json(task["vocabulary"])
        vocabulary = self._vocabulary[1]
        path, start, length = task["place"]
        place = Place(Path(path), start, length)
        if task["written"] is not None:
            written = Encoded.from_json(task["written"])
            if place.has(written, vocabulary.dtype.itemsize):
                return written.to_json()
        return write_part(stream, vocabulary, task["unknown"], place, task["hashed"], self._say_how_far).to_json()

    def _say_how_far(self, far: int) -> None:
        if time.monotonic() - self._last < EVERY:
            return
        self._last = time.monotonic()
        if os.getppid() != self._parent:  # it was killed
            os._exit(1)
        say("far", far)


def task_of(stream: TextStream, where: str) -> dict[str, Any]:
    """What a process has to know of a stream, as values that JSON can hold; `where` names it in messages."""
    files = [
        [file.label, str(file.path), file.size, file.unpacked_size, file.sha256, file.encoding, file.offset, file.table]
        for file in stream.files
    ]
    beside = [stream.beside.before, stream.beside.after, stream.beside.own_line]
    settings = stream.settings.model_dump(mode="json")
    return {"where": where, "files": files, "encoding": stream.encoding, "settings": settings, "beside": beside}


def stream_of(task: dict[str, Any]) -> TextStream:
    """The stream of a task."""
    files = [
        SourceFile(label, Path(path), size, unpacked, sha256, encoding, offset, table)
        for label, path, size, unpacked, sha256, encoding, offset, table in task["files"]
    ]
    settings = TextSettings.model_validate(task["settings"])
    return TextStream(files, task["encoding"], settings, Beside(*task["beside"]))


def say(kind: str, value: Any) -> None:
    """Write a line."""
    sys.stdout.write(json.dumps([kind, value]) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Do what standard input says, to its end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    worker = Worker()
    try:
        for line in sys.stdin:
            say(*worker.answer(json.loads(line)))
    except OSError:  # nobody listens any more
        os._exit(1)
