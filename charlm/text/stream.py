"""The files of a text, read one after another as one stream. Knows no ids and no splits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from charlm.text.reading import Chunk, read_bytes, read_text
from charlm.text.source_file import SourceFile


@dataclass(frozen=True)
class TextStream:
    """Files and how they are read; `encoding` is `bytes` if nothing is decoded.

    A file that does not end with a newline gets one, so that the next file begins on a new line. The last file gets one
    only if the files may be put in another order: if `ended`, and there are several.
    """

    files: Sequence[SourceFile]
    encoding: str
    newlines: str
    ended: bool

    @property
    def as_bytes(self) -> bool:
        return self.encoding == "bytes"

    @property
    def identity(self) -> list[Any]:
        """What, beside the bytes of the files, decides about the text."""
        ended = [True] if self.ended and len(self.files) > 1 else []
        decided = [[file.encoding for file in self.files]] if "," in self.encoding else []
        return [self.encoding, "keep" if self.as_bytes else self.newlines, *decided, *ended]

    def all_text(self) -> Iterator[Chunk]:
        """The whole text, decoded. Raises TextError."""
        for number in range(len(self.files)):
            yield from self.text_of(number)

    def all_bytes(self) -> Iterator[bytes]:
        """The whole text, not decoded. Raises TextError."""
        for number in range(len(self.files)):
            yield from self.bytes_of(number)

    def text_of(self, number: int) -> Iterator[Chunk]:
        """The text of the file with that number, and the newline that it lacks."""
        last = "\n"
        for chunk in read_text([self.files[number]], self.encoding, self.newlines):
            yield chunk
            last = chunk.text[-1:] or last
        if last != "\n" and self._is_followed(number):
            yield Chunk("\n")

    def bytes_of(self, number: int) -> Iterator[bytes]:
        """The same for a text that is not decoded."""
        last = b"\n"
        for block in read_bytes([self.files[number]]):
            yield block
            last = block[-1:]
        if last != b"\n" and self._is_followed(number):
            yield b"\n"

    def _is_followed(self, number: int) -> bool:
        return len(self.files) > 1 and (self.ended or number + 1 < len(self.files))
