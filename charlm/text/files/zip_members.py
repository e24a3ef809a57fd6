"""The members of a zip archive, in blocks. Writes nothing, and knows no text."""

from __future__ import annotations

import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO, cast

from charlm.errors import TextError
from charlm.text.files.kinds import kind_of_zip
from charlm.text.files.source_file import BLOCK, SourceFile, damaged_error, unreadable_error

LARGEST_DIRECTORY = 1 << 22  # bytes of the list of members, which takes ten times as much memory
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)
ENCRYPTED = 0x1  # flag of a member
# Whatever zipfile raises for bytes that are no zip:
DAMAGE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, struct.error, OverflowError,
    NotImplementedError, IndexError,
)  # fmt: skip


def zip_members(file: SourceFile) -> Iterator[tuple[str, Iterator[bytes] | None]]:
    """The name and the blocks of each member, sorted by name; None instead of blocks for what is no file.

    Raises TextError for a zip that is damaged, encrypted, packed in an unknown way, or is a document.
    """
    try:
        with file.path.open("rb") as packed:
            yield from _members(file, packed)
    except OSError as error:
        raise unreadable_error(file.label, error) from None


def _members(file: SourceFile, packed: BinaryIO) -> Iterator[tuple[str, Iterator[bytes] | None]]:
    try:
        archive = zipfile.ZipFile(cast(BinaryIO, _Bounded(packed, file.label)))
    except DAMAGE as error:
        raise damaged_error("zip archive", file.label, error) from None
    members = sorted(
        (member for member in archive.infolist() if not member.filename.endswith("/")), key=lambda one: one.filename
    )
    document = kind_of_zip([member.filename for member in members])
    if document:
        raise TextError(f"This is {document.name}, not plain text", file.label, document.remedy)
    for member in members:
        mode = member.external_attr >> 16
        is_file = not stat.S_IFMT(mode) or stat.S_ISREG(mode)
        yield member.filename, _blocks(file, archive, member) if is_file else None


def _blocks(file: SourceFile, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    if member.flag_bits & ENCRYPTED:
        raise TextError("The zip archive is encrypted", file.label, "Unpack it with its password, and give the files.")
    if member.compress_type not in METHODS:
        raise TextError(
            f"The zip archive is packed by a method that charlm cannot read ({member.compress_type})",
            file.label,
            "Unpack it, for example with `7z x`, and give the folder.",
        )
    try:
        with archive.open(member) as stream:
            while block := stream.read(BLOCK):
                yield block
    except DAMAGE as error:
        raise damaged_error("zip archive", file.label, error) from None


class _Bounded:
    """The file as zipfile reads it. Only the list of members is read at once, and it must not be too long."""

    def __init__(self, packed: BinaryIO, label: str) -> None:
        self._packed, self._label = packed, label
        self.seek, self.tell, self.seekable, self.close = packed.seek, packed.tell, packed.seekable, packed.close

    def read(self, size: int = -1) -> bytes:
        most = LARGEST_DIRECTORY + 1
        data = self._packed.read(most if size < 0 else min(size, most))
        if len(data) == most:
            what, remedy = "The zip archive has too many members", "Unpack it, and give the folder with the files."
            raise TextError(what, self._label, remedy)
        return data
