"""The members of a tar archive, in blocks, in one pass. Writes nothing, and knows no text."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from charlm.text.files.source_file import BLOCK, SourceFile, damaged_error

LARGEST_HEADER = 1 << 20  # bytes of a long name or of extended headers, which are held in memory
MOST_HEADERS = 1 << 22  # bytes of all headers of one member
HEADERS = (
    tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK,
)  # fmt: skip


class _DamageError(Exception):
    """tarfile takes a damaged header for the end of the archive; this one it passes on."""


def tar_members(file: SourceFile) -> Iterator[tuple[str, Iterator[bytes] | None]]:
    """The name and the blocks of each member, in the archive's order; None instead of blocks for what is no file.

    The blocks must be read before the next member is. Raises TextError for a tar that is damaged.
    """
    stream = _Stream(file.blocks())
    opened = cast(BinaryIO, stream)
    with _damage_named(file), tarfile.open(fileobj=opened, mode="r|", tarinfo=_Header) as archive:
        member = archive.next()
        while member:
            stream.left = None
            if not member.isdir():
                yield member.name, _blocks(file, archive, member) if member.isreg() else None
            member = _next(archive, stream)


@contextmanager
def _damage_named(file: SourceFile) -> Iterator[None]:
    """Raises TextError for whatever tarfile raises for bytes that are no tar."""
    try:
        yield
    except (tarfile.TarError, _DamageError, ValueError, OverflowError, IndexError) as error:
        raise damaged_error("tar archive", file.label, error) from None


def _next(archive: tarfile.TarFile, stream: _Stream) -> tarfile.TarInfo | None:
    """The member after this one, or None at the end. What tarfile reads for it is held in memory, so it is limited."""
    archive.members = []  # type: ignore[attr-defined]  # else tarfile keeps all that it has read
    if archive.fileobj and archive.fileobj.tell() < archive.offset - 1:
        archive.fileobj.seek(archive.offset - 1)  # past the rest of the member before
    stream.left = MOST_HEADERS
    return archive.next()


def _blocks(file: SourceFile, archive: tarfile.TarFile, member: tarfile.TarInfo) -> Iterator[bytes]:
    with _damage_named(file):
        stream = archive.extractfile(member)
        while stream and (block := stream.read(BLOCK)):
            yield block


class _Header(tarfile.TarInfo):
    """A header, refused if it is damaged or would take much memory."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _Header:
        try:
            header = super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            if buf and not any(buf):  # a block of zeros: the end
                raise
            raise _DamageError(str(error)) from None
        if header.size < 0 or (header.type in HEADERS and header.size > LARGEST_HEADER):
            raise _DamageError(f"a header of {header.size:,} bytes")
        return header


class _Stream:
    """Blocks as a file that can only be read, and of which only `left` bytes may be read if that is not None."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks, self._block, self._position = blocks, b"", 0
        self.left: int | None = MOST_HEADERS

    def read(self, size: int) -> bytes:
        """At most `size` bytes; none at the end."""
        if self.left is not None:
            self.left -= size
            if self.left < 0:
                raise _DamageError("the headers of a member are too long")
        if self._position == len(self._block):
            self._block, self._position = next(self._blocks, b""), 0
        data = self._block[self._position : self._position + size]
        self._position += len(data)
        return data
