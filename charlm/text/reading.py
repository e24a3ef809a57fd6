"""Bytes to characters: strict decoding in chunks, byte-order marks, line ends. Knows no ids and no vocabulary.

Memory does not depend on the length of the text. Every fault names the file, the first byte that is wrong, and the
way out.
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

MARKS = (  # the longer ones first: UTF-32's begins like UTF-16's
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
    """A stretch of text, and what was mended in it: byte-order marks removed, CRLF and lone CR made LF."""

    text: str
    marks: int = 0
    crlf: int = 0
    cr: int = 0


def find_codec(encoding: str) -> codecs.CodecInfo:
    """The codec of an encoding of text. UsageError for any other name, with the one that was meant."""
    try:
        info = codecs.lookup(encoding)
        b"?".decode(encoding)  # refuses codecs that do not make text of bytes
    except UnicodeError:
        pass  # one byte alone is not valid in every encoding
    except (LookupError, ValueError, TypeError):  # ValueError: a NUL in the name
        known = sorted({*encodings.aliases.aliases, *encodings.aliases.aliases.values()})
        hint = suggestion(encoding.lower().replace("-", "_"), known, most=2)
        remedy = hint or "Try utf-8, utf-16, latin-1 or cp1252."
        raise UsageError(f"There is no text encoding {encoding!r}.", "text.encoding", remedy) from None
    if info.incrementaldecoder is None or info.name.replace("_", "-") in NOT_FOR_TEXTS:
        raise UsageError(f"Texts cannot be read in {info.name}.", "text.encoding", "Try utf-8, latin-1 or cp1252.")
    # The signature of utf-8-sig is what we look for anyway, and tell of.
    return codecs.lookup("utf-8") if info.name == "utf-8-sig" else info


def read_text(pieces: Sequence[SourceFile], encoding: str, newlines: str) -> Iterator[Chunk]:
    """The pieces decoded strictly, one after another, each on a line of its own. TextError at the first fault."""
    info = find_codec(encoding)
    ended = True
    for piece in pieces:
        if not ended:
            yield Chunk("\n")
        for chunk in _unix(_decoded(piece, info)) if newlines == "unix" else _decoded(piece, info):
            yield chunk
            ended = chunk.text.endswith("\n") if chunk.text else ended


def read_bytes(pieces: Sequence[SourceFile]) -> Iterator[bytes]:
    """The pieces as they are, one after another, each on a line of its own."""
    ended = True
    for piece in pieces:
        if not ended:
            yield b"\n"
        for block in piece.blocks():
            yield block
            ended = block.endswith(b"\n")


def _decoded(piece: SourceFile, info: codecs.CodecInfo) -> Iterator[Chunk]:
    decoder: Any = info.incrementaldecoder("strict")
    wide = info.name.startswith(("utf-16", "utf-32"))
    offset = 0
    blocks = piece.blocks()
    block = next(blocks, b"")
    marked = _check_mark(piece, block, info.name)
    while block:
        following = next(blocks, b"")
        if not wide and b"\0" in block:
            raise _binary(piece, f"byte {offset + block.index(0)}", block)
        held = len(decoder.getstate()[0])
        try:
            text = decoder.decode(block, final=not following)
        except UnicodeDecodeError as error:
            raise _invalid(piece, offset - held + error.start, error, info.name) from None
        except UnicodeError as error:
            raise _invalid(piece, offset, error, info.name) from None
        if wide and "\0" in text:
            raise _binary(piece, f"character {text.index(chr(0))} after byte {offset - held}", block)
        yield Chunk(text.removeprefix(MARK) if marked else text, marks=int(marked))
        offset += len(block)
        block, marked = following, False


def _unix(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """CRLF and lone CR become LF. A CR at the end of a chunk waits for the next, which may begin with its LF."""
    waiting = ""
    for chunk in chunks:
        text, waiting = waiting + chunk.text, ""
        if text.endswith("\r"):
            text, waiting = text[:-1], "\r"
        if "\r" not in text:
            yield Chunk(text, chunk.marks)
            continue
        crlf = text.count("\r\n")
        text = text.replace("\r\n", "\n")
        yield Chunk(text.replace("\r", "\n"), chunk.marks, crlf, text.count("\r"))
    if waiting:
        yield Chunk("\n", cr=1)


def _check_mark(piece: SourceFile, head: bytes, encoding: str) -> bool:
    """Whether the text begins with a byte-order mark. TextError where it belongs to another encoding."""
    meant = next((name for mark, name in MARKS if head.startswith(mark)), None)
    if meant and not encoding.startswith(meant):
        raise TextError(
            f"The file begins with the byte-order mark of {meant.upper()}, and is read as {encoding}.",
            piece.label,
            f"Say so: `--encoding {meant}` or `-s text.encoding={meant}`.",
        )
    return meant is not None


def _invalid(piece: SourceFile, offset: int, error: UnicodeError, encoding: str) -> TextError:
    byte = error.object[error.start] if isinstance(error, UnicodeDecodeError) else None
    if byte is None:  # UTF-16 or UTF-32 without the mark that tells the order of bytes
        guess = f"{encoding}-le"
    elif encoding != "utf-8":
        guess = "utf-8"
    else:
        guess = "cp1252" if 0x80 <= byte < 0xA0 else "latin-1"  # latin-1 has only controls there
    return TextError(
        f"The text is not valid {encoding}.",
        f"{piece.label}, byte {offset}" + ("" if byte is None else f" (0x{byte:02x})"),
        f"Say what it is, perhaps `--encoding {guess}` (`-s text.encoding={guess}`), or {AS_BYTES}.",
    )


def _binary(piece: SourceFile, where: str, block: bytes) -> TextError:
    even, odd = block[:HEAD:2].count(0), block[1:HEAD:2].count(0)
    if max(even, odd) > max(7, 8 * min(even, odd), len(block[:HEAD]) // 8):
        guess = "utf-16-le" if odd > even else "utf-16-be"
        return TextError(
            f"The text has a NUL in every other byte, like {guess}.",
            f"{piece.label}, {where}",
            f"Say so: `--encoding {guess}` or `-s text.encoding={guess}`.",
        )
    return TextError("This looks binary: it holds a NUL.", f"{piece.label}, {where}", f"If it is meant, {AS_BYTES}.")
