"""Several samples of text under one seed: side by side where the engine can, else one after the other. Knows no
terminal and no files.

Which way it is makes no difference to what is written, nor does it to what goes wrong: a sample that meets scores
that are no numbers raises its error when its turn has come to be read, and the others are whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import StringIO
from typing import Any

from charlm.errors import IntegrityError
from charlm.sampling.decoding import Decoding
from charlm.sampling.generation import Model, Read, random_stream
from charlm.sampling.side_by_side import generate_rows
from charlm.sampling.writing import Piece, Stopped, Writer, write
from charlm.text.vocabulary import Vocabulary

ROWS = 64  # side by side at once, at the most
HELD = 2**24  # symbols, at the most, of samples whose turn to be read has not come


def write_samples(
    model: Model[Any],
    vocabulary: Vocabulary,
    after: Read[Any],
    decoding: Decoding,
    length: int,
    seed: int,
    samples: int,
    *,
    stops: Sequence[str] = (),
    records: bool = False,
) -> Iterator[Iterator[Piece]]:
    """Samples 0, 1, ... under the seed, each as `write` yields it but perhaps in larger pieces.

    Each is to be read before the next is asked for.
    """
    at_once = min(samples, ROWS, max(1, HELD // max(1, length))) if getattr(model, "batch_invariant", False) else 1
    for first in range(0, samples, at_once):
        streams = [random_stream(seed, sample) for sample in range(first, min(first + at_once, samples))]
        if len(streams) == 1:
            yield write(model, vocabulary, after, decoding, length, streams[0], stops=stops, records=records)
            continue
        written = [_Written(Writer(vocabulary, stops, records)) for _ in streams]
        rounds = generate_rows(model, after, decoding, length, streams, [one.take for one in written])
        for one in written:
            yield one.pieces(rounds)


class _Written:
    """What a sample has written and nobody has read yet, and why there is no more."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._unread = StringIO()
        self._end: Stopped | IntegrityError | None = None

    def take(self, drawn: list[int] | IntegrityError) -> bool:
        """Go on with what was drawn; False where this is the end."""
        if isinstance(drawn, IntegrityError):
            self._end = drawn
        else:
            self._keep(self._writer.feed(drawn))
        return self._end is None

    def pieces(self, rounds: Iterator[None]) -> Iterator[Piece]:
        """The whole sample. Raises IntegrityError where its scores are not finite."""
        while self._end is None:
            if text := self._read():
                yield Piece(text)
            if next(rounds, "none left"):
                self._keep(self._writer.finish("length"))
        if isinstance(self._end, IntegrityError):
            yield Piece(self._read())
            raise self._end
        yield Piece(self._read(), self._end)

    def _keep(self, piece: Piece) -> None:
        self._unread.write(piece.text)
        self._end = piece.stopped

    def _read(self) -> str:
        text = self._unread.getvalue()
        self._unread.seek(0)
        self._unread.truncate()
        return text
