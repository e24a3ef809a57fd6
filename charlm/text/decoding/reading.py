"""Decodes bytes to characters: strictly and in chunks, with byte-order marks and line ends. Knows no ids.

Memory does not grow with the text. An error names the file, the first wrong byte, and what to do.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from charlm.errors import TextError
from charlm.text.decoding.encodings import find_codec, is_wide
from charlm.text.decoding.guessing import guess_encoding, is_damaged_utf8
from charlm.text.files.marks import encoding_of_mark
from charlm.text.files.source_file import SourceFile

MARK = "\ufeff"
AS_BYTES = "read it as raw bytes with `-s text.unit=byte`"


@dataclass(frozen=True)
class Chunk:
    """A part of a text, and counts of what was changed in it.

    Byte-order marks removed, CRLF and lone CR made LF, characters left out that belong to no book, and the bytes in
    UTF-8 that the text had more before it was normalized.
    """

    text: str
    marks: int = 0
    crlf: int = 0
    cr: int = 0
    stripped: int = 0
    more_bytes: int = 0


def read_text(files: Sequence[SourceFile], encoding: str, newlines: str) -> Iterator[Chunk]:
    """The files, decoded strictly, one after another; each begins on a new line. Raises TextError.

    A file whose encoding was decided is read in that one instead.
    """
    ended = True
    for file in files:
        info = find_codec(file.encoding or encoding)
        if not ended:
            yield Chunk("\n")
        for chunk in _with_unix_newlines(_decoded(file, info)) if newlines == "unix" else _decoded(file, info):
            yield chunk
            ended = chunk.text.endswith("\n") if chunk.text else ended


def read_bytes(files: Sequence[SourceFile]) -> Iterator[bytes]:
    """The bytes of the files, one after another; each begins on a new line."""
    ended = True
    for file in files:
        if not ended:
            yield b"\n"
        for block in file.blocks():
            yield block
            ended = block.endswith(b"\n")


def _decoded(file: SourceFile, info: codecs.CodecInfo) -> Iterator[Chunk]:
    decoder: Any = info.incrementaldecoder("strict")
    wide = is_wide(info.name)
    offset = 0
    blocks = file.blocks()
    block = next(blocks, b"")
    marked = _has_mark(file, block, info.name)
    while block:
        following = next(blocks, b"")
        if not wide and b"\0" in block:
            raise _binary_error(file, f"byte {offset + block.index(0)}")
        held = len(decoder.getstate()[0])
        try:
            text = decoder.decode(block, final=not following)
        except UnicodeDecodeError as error:
            raise _invalid_error(file, offset - held + error.start, error, info.name) from None
        except UnicodeError as error:
            raise _invalid_error(file, offset, error, info.name) from None
        if wide and "\0" in text:
            raise _binary_error(file, f"character {text.index(chr(0))} after byte {offset - held}")
        yield Chunk(text.removeprefix(MARK) if marked else text, marks=int(marked))
        offset += len(block)
        block, marked = following, False


def _with_unix_newlines(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """The chunks with CRLF and lone CR as LF. A CR at the end of a chunk is held back: an LF may follow it."""
    held_back = ""
    for chunk in chunks:
        text, held_back = held_back + chunk.text, ""
        if text.endswith("\r"):
            text, held_back = text[:-1], "\r"
        if "\r" not in text:
            yield Chunk(text, chunk.marks)
            continue
        crlf = text.count("\r\n")
        text = text.replace("\r\n", "\n")
        yield Chunk(text.replace("\r", "\n"), chunk.marks, crlf, text.count("\r"))
    if held_back:
        yield Chunk("\n", cr=1)


def _has_mark(file: SourceFile, head: bytes, encoding: str) -> bool:
    """Whether the text begins with a byte-order mark. Raises TextError if the mark is that of another encoding."""
    meant = encoding_of_mark(head)
    if meant and not encoding.startswith(meant):
        raise TextError(
            f"The file has the byte-order mark of {meant.upper()}, but is read as {encoding}",
            file.label,
            f"{_options(meant).capitalize()}.",
        )
    return meant is not None


def _invalid_error(file: SourceFile, offset: int, error: UnicodeError, encoding: str) -> TextError:
    byte = error.object[error.start] if isinstance(error, UnicodeDecodeError) else None
    # Without a byte: UTF-16 or UTF-32 without the mark that gives the byte order.
    where = f"{file.label}, byte {offset}" + ("" if byte is None else f" (0x{byte:02x})")
    return TextError(f"The text is not valid {encoding}", where, _remedy(file))


def _binary_error(file: SourceFile, where: str) -> TextError:
    guess = guess_encoding(file)
    if guess:
        what = f"The text has NUL bytes, like {guess.encoding}"
        return TextError(what, f"{file.label}, {where}", _remedy(file))
    return TextError("The file looks binary: it has a NUL", f"{file.label}, {where}", f"To use it anyway, {AS_BYTES}.")


def _remedy(file: SourceFile) -> str:
    """What to do about a file that cannot be decoded: the encoding that reads it, with some of what it reads."""
    guess = guess_encoding(file)
    if guess:
        return f"As {guess.encoding} it reads {guess.excerpt!r}. If that looks right, {_options(guess.encoding)}."
    if is_damaged_utf8(file):
        return (
            "Nearly all of it is UTF-8. `charlm doctor` lists the places to repair; "
            "`iconv -c -f utf-8 -t utf-8 FILE > NEW` leaves them out."
        )
    return f"No encoding is likely to read all of it. Is it a text? To use it anyway, {AS_BYTES}."


def _options(encoding: str) -> str:
    named = f"`--encoding {encoding}` (text.encoding={encoding})"
    return f"give {named}; of several files, `--encoding auto` decides for each"
