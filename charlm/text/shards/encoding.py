"""From the files of a text to ids in the cache: a small text at once, a large one part by part in several processes.

A large text is read twice. First its parts are counted, which gives its vocabulary, its sha256 and the place of each
part among the ids; then each part is encoded into its place. Both go on where they stopped, and neither depends on the
number of processes or on the order in which they end. Knows no splits and no terminal.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np

from charlm.config.settings import TextSettings
from charlm.text import cache
from charlm.text.decoding.deciding import decide_encodings
from charlm.text.decoding.encodings import AUTO
from charlm.text.files.source_file import SourceFile
from charlm.text.normalizing import lacks_marks
from charlm.text.records.forms import record_end
from charlm.text.shards import kept
from charlm.text.shards.counting import Counted, count_part, together
from charlm.text.shards.encoding_part import Encoded, bytes_of, encoded, length_of, no_room_error
from charlm.text.shards.parts import Part, is_large, parts_of
from charlm.text.shards.processes import Workers
from charlm.text.shards.unfinished import Unfinished, lock_of
from charlm.text.shards.worker import task_of
from charlm.text.stream import TextStream
from charlm.text.vocabulary import LOST, Ids, Unknown, Vocabulary


@dataclass(frozen=True)
class Progress:
    """What is done with a large text, and how many of its bytes are done."""

    doing: str
    done: int
    total: int


@dataclass(frozen=True, eq=False)
class Measured:
    """A text whose files are measured, and the JSON of what was counted in each part; None if it was not large."""

    stream: TextStream
    parts: list[Part]
    counted: list[str] | None

    def part(self, number: int) -> TextStream:
        """The stream of a part."""
        return self.stream.part(self.parts[number].first, self.parts[number].end)

    def counted_part(self, number: int) -> Counted:
        """What was counted in a part of a large text."""
        assert self.counted is not None
        return kept.counted_of(self.counted[number], self.part(number))

    def whole(self) -> Counted:
        """What is in all of the text. One that is not large is read for that."""
        if self.counted is None:
            return count_part(self.stream.part(0, len(self.stream.files)), None, _nobody)
        return together(self.counted_part(number) for number in range(len(self.parts)))


def measure(
    files: list[SourceFile], encoding: str, settings: TextSettings, workers: Workers
) -> Generator[Progress, None, Measured]:
    """Find the size and the sha256 of each file and, if it is to be decided, its encoding. Raises TextError."""
    stream, parts = TextStream(files, encoding, settings), parts_of(files)
    decided = settings.decided if encoding == AUTO else None
    counted = None
    if is_large(files):
        counted = yield from _count(stream, parts, decided, workers)
        numbered = enumerate(parts)
        files = [
            file
            for number, part in numbered
            for file in kept.counted_of(counted[number], stream.part(part.first, part.end)).files
        ]
    else:
        files = [file.measured() for file in files]
        files = files if decided is None else decide_encodings(files, decided)
    if decided is not None:
        encoding = ", ".join(dict.fromkeys(str(file.encoding) for file in files))
    return Measured(TextStream(files, encoding, settings), parts, counted)


def encode(
    key: str, text: Measured, given: Vocabulary | None, unknown: Unknown, workers: Workers
) -> Generator[Progress, None, cache.Entry]:
    """Encode the text into the cache. Arguments and errors are those of `open_corpus`."""
    whole, composed = text.whole(), False
    if given is None:
        text.stream.require_separators(whole.tally)
    elif not text.stream.as_bytes and lacks_marks(set(whole.survey.counts).difference(given.symbols)):
        other = yield from _composed(text, workers)
        again = other.whole()
        if again.survey.outside(given.symbols) < whole.survey.outside(given.symbols):
            text, whole, composed = other, again, True
    whole.tally.said |= dict.fromkeys(text.stream.strip_notes(whole.bookless))
    counts, settings = whole.survey.counts, text.stream.settings
    if not counts:
        return cache.Entry(np.empty(0, np.uint8), {})
    if given is None:  # rare characters are read as the unknown symbol, if there are any
        kept_symbols = {record_end(settings) or ""}
        vocabulary, unknown = Vocabulary.of_counts(counts, settings.unit, settings.min_count, kept_symbols), "skip"
    else:
        vocabulary = given

    def facts(lengths: list[int]) -> dict[str, Any]:
        survey, known = whole.survey, set(vocabulary.symbols)
        return {
            "vocabulary": None if given else vocabulary.to_json(),
            "unknown": {symbol: count for symbol, count in counts.items() if symbol not in known},
            "bytes": bytes_of(counts, vocabulary, unknown),
            "characters": sum(lengths),
            "tally": whole.tally.to_json(),
            "given_bytes": sum(count * vocabulary.bytes_of(symbol) for symbol, count in counts.items())
            + survey.more_bytes,
            "composed": composed,
            "file_ends": list(accumulate(lengths)) if len(lengths) > 1 else [],
            "marks": survey.marks,
            "crlf": survey.crlf,
            "cr": survey.cr,
            "stripped": survey.stripped,
            "misread": survey.misread,
            "lost": counts.get(LOST, 0),
        }

    if text.counted is not None:
        entry = yield from _encode_parts(key, text, vocabulary, unknown, workers, facts)
        if entry is not None:
            return entry
    return _encode_at_once(key, text.stream, vocabulary, unknown, facts)


Facts = Callable[[list[int]], dict[str, Any]]  # from the length of each file in ids


def _nobody(far: int) -> None:
    """Nobody is told how far a small text is."""


def _composed(text: Measured, workers: Workers) -> Generator[Progress, None, Measured]:
    """The text with letters and their separate accents as one character each, where there is one."""
    stream = text.stream.composed()
    counted = None if text.counted is None else (yield from _count(stream, text.parts, None, workers))
    return Measured(stream, text.parts, counted)


def _count(
    stream: TextStream, parts: list[Part], decided: tuple[str, ...] | None, workers: Workers
) -> Generator[Progress, None, list[str]]:
    """The JSON of what is in each part: from the cache, or counted now and kept."""
    counted: dict[int, str] = {}
    keys: dict[int, str | None] = {}
    tasks = []
    for number, part in enumerate(parts):
        piece = stream.part(part.first, part.end)
        keys[number] = key = kept.key_of(piece, decided)
        known = kept.load_counted(key) if key else None
        if known is not None:
            counted[number] = known
        else:
            tasks.append((number, task_of(piece, _name(piece)) | {"decided": decided}))
    far = {number: parts[number].size for number in counted}
    for said in workers.work(tasks):
        size = parts[said.number].size
        far[said.number] = size if said.far is None else min(said.far, size)
        if said.far is None:
            counted[said.number] = json.dumps(said.result)
            if key := keys[said.number]:
                kept.store_counted(key, counted[said.number])
        yield Progress("counting", sum(far.values()), sum(part.size for part in parts))
    return [counted[number] for number in range(len(parts))]


def _encode_parts(
    key: str, text: Measured, vocabulary: Vocabulary, unknown: Unknown, workers: Workers, facts: Facts
) -> Generator[Progress, None, cache.Entry | None]:
    """The entry, written by the processes part by part. None if the cache cannot be written."""
    from filelock import Timeout

    lengths = list(_lengths(text, vocabulary, unknown))
    total = sum(part.size for part in text.parts)
    try:
        lock = lock_of(key)
        while not lock.is_locked:
            try:
                lock.acquire(timeout=1)
            except Timeout:
                yield Progress("waiting for another process, which encodes this text", 0, total)
    except (OSError, NotImplementedError):  # a folder that cannot be written, or has no locks
        return None
    try:
        if entry := cache.load_entry(key):
            return entry
        itemsize = vocabulary.dtype.itemsize
        unfinished = Unfinished(key, sum(lengths) * itemsize)
        listed, parts = unfinished.written(), dict[int, Encoded]()
        shared = {
            "vocabulary": vocabulary.to_json(),
            "unknown": unknown,
            "hashed": _may_be_shuffled(text.stream),
        }
        tasks = []
        for number, (length, end) in enumerate(zip(lengths, accumulate(lengths), strict=True)):
            piece = text.part(number)
            written = listed.get(number)
            own = {
                "place": [str(unfinished.file), end - length, length],
                "written": written and written.to_json(),
            }
            tasks.append((number, task_of(piece, _name(piece)) | shared | own))
        far: dict[int, int] = {}
        for said in workers.work(tasks):
            size = text.parts[said.number].size
            far[said.number] = size if said.far is None else size * said.far // max(1, lengths[said.number])
            if said.far is None:
                parts[said.number] = Encoded.from_json(said.result)
                if listed.get(said.number) != parts[said.number]:
                    unfinished.add(said.number, parts[said.number])
            yield Progress("encoding", sum(far.values()), total)
        of_files = [length for number in range(len(parts)) for length in parts[number].lengths]
        hashes = [found for number in range(len(parts)) for found in parts[number].hashes]
        known = facts(of_files) | ({"file_hashes": hashes} if hashes else {})
        return unfinished.finish(vocabulary.dtype, parts, known)
    except OSError as error:
        raise no_room_error(cache.files_of(key)[0], error.strerror or str(error)) from None
    finally:
        lock.release()


def _lengths(text: Measured, vocabulary: Vocabulary, unknown: Unknown) -> Iterator[int]:
    """How many ids each part has. Raises TextError for the first unknown character if those are errors."""
    start = 0
    for number in range(len(text.parts)):
        counts = text.counted_part(number).survey.counts
        if unknown == "error" and not set(counts).issubset(vocabulary.symbols):
            for _ in encoded(text.part(number), vocabulary, unknown, start):
                pass  # until the character, whose place the error names
        yield length_of(counts, vocabulary, unknown)
        start += sum(count * len(symbol) for symbol, count in counts.items())


def _encode_at_once(
    key: str, stream: TextStream, vocabulary: Vocabulary, unknown: Unknown, facts: Facts
) -> cache.Entry:
    lengths = [0] * len(stream.files)

    def chunks() -> Iterator[Ids]:
        lengths[:] = [0] * len(stream.files)
        for number, ids in encoded(stream, vocabulary, unknown):
            lengths[number] += len(ids)
            yield ids

    return cache.store_entry(key, vocabulary.dtype, chunks, lambda ids: facts(lengths))


def _may_be_shuffled(stream: TextStream) -> bool:
    """Whether the files of the text may be split at random, by hashes of their ids."""
    settings = stream.settings
    return settings.split != "contiguous" and not settings.records and len(stream.files) > 1


def _name(piece: TextStream) -> str:
    names = [file.label for file in piece.files]
    return names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
