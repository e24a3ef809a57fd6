"""Decodes bytes to characters: strictly and in chunks, with byte-order marks and line ends. Knows no ids.

Memory does not grow with the text. An error names the file, the first wrong byte, and what to do.
"""

from __future__ import annotations

import codecs
import encodings.aliases
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from charlm.config.suggestions import suggestion
from charlm.errors import TextError, UsageError
from charlm.text.sources import HEAD, SourceFile

MARKS = (  # the longer ones first: that of UTF-32 begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
MARK = "\ufeff"
NOT_FOR_TEXTS = ("idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape")
AS_BYTES = "read it as raw bytes with `-s text.unit=byte`"


@dataclass(frozen=True)
class Chunk:
    """A part of a text, and counts of what was changed in it: byte-order marks removed, CRLF and lone CR made LF."""

    text: str
    marks: int = 0
    crlf: int = 0
    cr: int = 0


def find_codec(encoding: str) -> codecs.CodecInfo:
    """The codec of a text encoding. Raises UsageError for any other name."""
    try:
        info = codecs.lookup(encoding)
        b"?".decode(encoding)  # fails for codecs that do not turn bytes into text
    except UnicodeError:
        pass  # a single byte is not valid in every encoding
    except (LookupError, ValueError, TypeError):  # ValueError: a NUL in the name
        known = sorted({*encodings.aliases.aliases, *encodings.aliases.aliases.values()})
        hint = suggestion(encoding.lower().replace("-", "_"), known, most=2)
        remedy = hint or "Try utf-8, utf-16, latin-1 or cp1252."
        raise UsageError(f"There is no text encoding {encoding!r}", "text.encoding", remedy) from None
    if info.incrementaldecoder is None or info.name.replace("_", "-") in NOT_FOR_TEXTS:
        raise UsageError(f"{info.name} is no encoding of texts", "text.encoding", "Try utf-8, latin-1 or cp1252.")
    # The byte-order mark that utf-8-sig removes is removed here for every encoding, and counted.
    return codecs.lookup("utf-8") if info.name == "utf-8-sig" else info


def read_text(files: Sequence[SourceFile], encoding: str, newlines: str) -> Iterator[Chunk]:
    """The files, decoded strictly, one after another; each begins on a new line. Raises TextError."""
    info = find_codec(encoding)
    ended = True
    for file in files:
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
    wide = info.name.startswith(("utf-16", "utf-32"))
    offset = 0
    blocks = file.blocks()
    block = next(blocks, b"")
    marked = _has_mark(file, block, info.name)
    while block:
        following = next(blocks, b"")
        if not wide and b"\0" in block:
            raise _binary_error(file, f"byte {offset + block.index(0)}", block)
        held = len(decoder.getstate()[0])
        try:
            text = decoder.decode(block, final=not following)
        except UnicodeDecodeError as error:
            raise _invalid_error(file, offset - held + error.start, error, info.name) from None
        except UnicodeError as error:
            raise _invalid_error(file, offset, error, info.name) from None
        if wide and "\0" in text:
            raise _binary_error(file, f"character {text.index(chr(0))} after byte {offset - held}", block)
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
    meant = next((name for mark, name in MARKS if head.startswith(mark)), None)
    if meant and not encoding.startswith(meant):
        raise TextError(
            f"The file has the byte-order mark of {meant.upper()}, but is read as {encoding}",
            file.label,
            f"Give `--encoding {meant}` or `-s text.encoding={meant}`.",
        )
    return meant is not None


def _invalid_error(file: SourceFile, offset: int, error: UnicodeError, encoding: str) -> TextError:
    byte = error.object[error.start] if isinstance(error, UnicodeDecodeError) else None
    if byte is None:  # UTF-16 or UTF-32 without the mark that gives the byte order
        guess = f"{encoding}-le"
    elif encoding != "utf-8":
        guess = "utf-8"
    else:
        guess = "cp1252" if 0x80 <= byte < 0xA0 else "latin-1"  # control characters in latin-1
    return TextError(
        f"The text is not valid {encoding}",
        f"{file.label}, byte {offset}" + ("" if byte is None else f" (0x{byte:02x})"),
        f"Give its encoding, perhaps `--encoding {guess}` (`-s text.encoding={guess}`), or {AS_BYTES}.",
    )


def _binary_error(file: SourceFile, where: str, block: bytes) -> TextError:
    even, odd = block[:HEAD:2].count(0), block[1:HEAD:2].count(0)
    if max(even, odd) > max(7, 8 * min(even, odd), len(block[:HEAD]) // 8):
        guess = "utf-16-le" if odd > even else "utf-16-be"
        return TextError(
            f"The text has a NUL in every other byte, like {guess}",
            f"{file.label}, {where}",
            f"Give `--encoding {guess}` or `-s text.encoding={guess}`.",
        )
    return TextError("The file looks binary: it has a NUL", f"{file.label}, {where}", f"To use it anyway, {AS_BYTES}.")
