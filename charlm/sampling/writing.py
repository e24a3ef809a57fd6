"""Writing: from a prompt to text, piece by piece, until the length, a stop text or the end of a record. Knows no
terminal and no files.

Models of records (`text.records`) begin each record fresh from a newline and end it at the next one; a prompt is
then the beginning of a record, after its own last newline if it has any. Other models read the prompt as it is. A
start symbol, which is no part of the text, stands where there is nothing to read: the newline, or if the
vocabulary has none, its first symbol.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np

from charlm.sampling.decoding import Decoding
from charlm.sampling.generation import Model, Read, bursts, random_stream, read
from charlm.text.vocabulary import Ids, Unknown, Vocabulary

State = TypeVar("State")
Stopped = Literal["length", "stop", "record"]


@dataclass(frozen=True)
class Piece:
    """Some more text, perhaps none, and in the last piece why there is no more."""

    text: str
    stopped: Stopped | None = None


def opening(vocabulary: Vocabulary, prompt: Ids, records: bool = False) -> list[int]:
    """The ids (N,), N > 0, that a model reads before it goes on from the ids of a prompt."""
    end = vocabulary.newline
    start = 0 if end is None else end
    ids: list[int] = prompt.tolist()
    if not records:
        return ids or [start]
    record = ids[len(ids) - ids[::-1].index(end) :] if end in ids else ids
    return [start, *record]


class Writer:
    """The text of one sample: symbols go in, text comes out as soon as it is certain.

    It ends just before the first stop text to be completed (of several completed at once, the longest); characters
    that may be the beginning of one are held back until they are not. With `records` it ends before a newline. Only
    what the model writes is looked at, never the prompt. Stop texts must not be empty.
    """

    def __init__(self, vocabulary: Vocabulary, stops: Sequence[str] = (), records: bool = False) -> None:
        self._end = vocabulary.newline if records else None
        self._decoder = vocabulary.decoder()
        self._stops = stops
        self._held = ""

    def feed(self, symbols: list[int]) -> Piece:
        """What is certain now, perhaps nothing; none may follow once it has stopped."""
        if self._end not in symbols:
            return self._released(self._decoder.feed(symbols))
        piece = self._released(self._decoder.feed(symbols[: symbols.index(self._end)]))
        if piece.stopped:
            return piece
        last = self.finish("record")
        return Piece(piece.text + last.text, last.stopped)

    def finish(self, reason: Stopped) -> Piece:
        """The last piece, where nothing follows."""
        piece = self._released(self._decoder.finish())
        return piece if piece.stopped else Piece(piece.text + self._held, reason)

    def _released(self, new: str) -> Piece:
        if not self._stops:
            return Piece(new)
        free, self._held, complete = _release(self._held + new, len(self._held), self._stops)
        return Piece(free, "stop" if complete else None)


def write(
    model: Model[State],
    vocabulary: Vocabulary,
    after: Read[State],
    decoding: Decoding,
    length: int,
    stream: np.random.Generator,
    *,
    stops: Sequence[str] = (),
    records: bool = False,
) -> Iterator[Piece]:
    """Yield text as a `Writer` gives it. `length` counts symbols: characters, or bytes in a model of bytes."""
    writer = Writer(vocabulary, stops, records)
    for symbols in bursts(model, after, decoding, length, stream):
        piece = writer.feed(symbols)
        if piece.text or piece.stopped:
            yield piece
        if piece.stopped:
            return
    yield writer.finish("length")


def _release(text: str, seen: int, stops: Sequence[str]) -> tuple[str, str, bool]:
    """Part a text, looked at up to `seen`, into what is certain and what may begin a stop text; True: one is whole."""
    for end in range(seen + 1, len(text) + 1):
        complete = [stop for stop in stops if text.endswith(stop, 0, end)]
        if complete:
            return text[: end - max(map(len, complete))], "", True
    for begin in range(len(text)):
        if any(stop.startswith(text[begin:]) for stop in stops):
            return text[:begin], text[begin:], False
    return text, "", False


def write_text(
    model: Model[State],
    vocabulary: Vocabulary,
    prompt: str = "",
    decoding: Decoding | None = None,
    *,
    length: int,
    seed: int,
    sample: int = 0,
    stops: Sequence[str] = (),
    records: bool = False,
    unknown: Unknown = "skip",
) -> str:
    """Sample number `sample` under a seed as one string: what `charlm sample` writes after the prompt."""
    ids = opening(vocabulary, vocabulary.encode(prompt, unknown).ids, records)
    stream = random_stream(seed, sample)
    pieces = write(
        model, vocabulary, read(model, ids), decoding or Decoding(), length, stream, stops=stops, records=records
    )
    return "".join(piece.text for piece in pieces)
