"""A text that is in memory, read as a file of it would be: line ends, a book, records of a form. Knows no files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from charlm.config.settings import TextSettings
from charlm.text.decoding.deciding import UTF8
from charlm.text.decoding.reading import MARK, Chunk
from charlm.text.files.source_file import SourceFile
from charlm.text.normalizing import lacks_marks, with_unix_newlines
from charlm.text.records.tally import Tally
from charlm.text.stream import TextStream
from charlm.text.vocabulary import Encoded, Unknown, Vocabulary


@dataclass(frozen=True)
class _InMemory(TextStream):
    """A stream of one file whose text is at hand."""

    text: str = ""

    def _read(self, number: int) -> Iterator[Chunk]:
        text = self.text.removeprefix(MARK)
        yield Chunk(with_unix_newlines(text) if self.settings.newlines == "unix" else text)


def encode_given(text: str, settings: TextSettings, vocabulary: Vocabulary, unknown: Unknown) -> Encoded:
    """The ids of the text, read as `read_given` does; of the bytes as they are for a model of bytes.

    Raises TextError as `read_given` does, and with `error` for an unknown character.
    """
    if vocabulary.unit == "byte":
        return vocabulary.encode_bytes(text.encode("utf-8", "surrogatepass"), unknown)
    return vocabulary.encode(read_given(text, settings, vocabulary), unknown)


def read_given(text: str, settings: TextSettings, vocabulary: Vocabulary) -> str:
    """The text as `open_corpus` reads a file of it, with these settings and the vocabulary of a model of characters.

    Records in another form than lines are ended by RECORD_END each. Raises TextError for a text that has not the form
    of the settings, such as a table without their column.
    """
    whole = settings.model_copy(update={"split": "contiguous"})
    stream: TextStream = _InMemory([SourceFile("the given text", Path(), 0)], UTF8, whole, text=text)
    read = _joined(stream)
    unknown = vocabulary.lacking(read)
    if not lacks_marks(unknown):
        return read
    composed = _joined(stream.composed())
    return composed if len(vocabulary.lacking(composed)) < len(unknown) else read


def _joined(stream: TextStream) -> str:
    return "".join(chunk.text for chunk in stream.all_text(Tally()))
