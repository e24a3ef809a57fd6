"""Reads the text members of zip and tar archives, as if the archive were a folder. Decodes nothing.

The members are copied one after another into one file of the spool, which is named by us: no member's name ever becomes
a path. They are read in blocks, and all that is read of an archive has one limit. An archive in an archive is left out.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from charlm.errors import TextError
from charlm.text.files.kinds import ZIP, Kind, reason_left_out
from charlm.text.files.selecting import LeftOut, Selection, is_hidden
from charlm.text.files.source_file import HEAD, SourceFile, bomb_error, most_unpacked
from charlm.text.files.spool import Spool
from charlm.text.files.tar_members import tar_members
from charlm.text.files.unpacking import packing_of
from charlm.text.files.zip_members import zip_members

FEW_MEMBERS, BYTES_OF_MEMBER = 20_000, 200  # texts that any archive may have, and bytes for each further one


@dataclass
class _Budget:
    """The bytes that may still be read of an archive."""

    file: SourceFile
    left: int

    def spend(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise bomb_error("archive", self.file.label, self.file.size)


def read_archive(
    file: SourceFile, kind: Kind, spool: Spool, selection: Selection, *, keep_binary: bool
) -> tuple[list[SourceFile], list[str]]:
    """The members of a zip or a tar (`kind`) that are texts, sorted by name, and a note on the others.

    Of two members with one name the last counts. Raises TextError if the archive is damaged, encrypted, has no text, or
    unpacks to far more than text does.
    """
    left_out = LeftOut(file.label)
    found: dict[str, SourceFile] = {}
    budget = _Budget(file, most_unpacked(file.size))
    most = FEW_MEMBERS + file.size // BYTES_OF_MEMBER
    with spool.written() as copy, closing(_members(file, kind)) as members:
        path = Path(copy.name)
        for name, blocks in members:
            if is_hidden(name):
                left_out.add("hidden")
            elif not selection.takes(name):
                left_out.add("unselected")
            elif blocks is None:
                left_out.add("special")
            else:
                start = copy.tell()
                reason, what = _copy(blocks, copy, budget, keep_binary)
                if reason:
                    left_out.add(reason, shown(name), what)
                else:
                    label = f"{file.label}: {shown(name)}"
                    found[name] = SourceFile(label, path, copy.tell() - start, offset=start)
                    if len(found) > most:
                        raise _members_error(file, most)
    if not found:
        raise left_out.nothing_left_error("archive")
    return [found[name] for name in sorted(found)], left_out.notes


def _members_error(file: SourceFile, most: int) -> TextError:
    return TextError(
        f"This archive has more than {most:,} texts, too many for its size",
        f"{file.label}, {file.size:,} bytes",
        "To use it anyway, unpack it and give the folder.",
    )


def _members(file: SourceFile, kind: Kind) -> Generator[tuple[str, Iterator[bytes] | None]]:
    yield from zip_members(file) if kind is ZIP else tar_members(file)


def shown(name: str) -> str:
    """A member's name for a message: what does not print is escaped, since anybody may have written it."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in name)


def _copy(blocks: Iterator[bytes], copy: BinaryIO, budget: _Budget, keep_binary: bool) -> tuple[str, Kind | None]:
    """Copy a member, and return why it is left out instead: a reason (empty if it is not), and its kind if known."""
    head = b""
    for block in blocks:
        budget.spend(len(block))
        head += block
        if len(head) >= HEAD:
            break
    if not head:
        return "empty", None
    reason, kind = reason_left_out(head[:HEAD], keep_binary)
    if packing_of(head):  # within an archive, a file that is packed once more is not unpacked
        reason = "archive"
    if reason:
        return reason, kind
    copy.write(head)
    for block in blocks:
        budget.spend(len(block))
        copy.write(block)
    return "", None
