"""Finds the files of a text: files, folders, globs, .gz, standard input and named corpora. Decodes nothing.

Only regular files are read, each up to the size that it had when it was found, so that neither a device nor a growing
file keeps the program reading.
"""

from __future__ import annotations

import codecs
import glob
import gzip
import hashlib
import os
import shutil
import stat
import sys
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, cast

from charlm.config.suggestions import closest, did_you_mean
from charlm.errors import TextError, UsageError
from charlm.text.corpora import CORPORA, corpus_file

BLOCK = 1 << 20  # bytes read at a time
HEAD = 1 << 13  # bytes that decide whether a file is binary
MOST_UNPACKED = 1 << 28  # bytes that any .gz may unpack to; a larger one ...
MOST_RATIO = 200  # ... up to this many times its size: text has a ratio of 3 to 10, a zip bomb of a thousand
STDIN = "-"
WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
SPECIAL_FILES = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)


@dataclass(frozen=True)
class SourceFile:
    """A file to read: its name for messages, its path, its size when it was found, and its expected checksum."""

    label: str
    path: Path
    size: int
    unpacked_size: int | None = None  # None until `measured`
    sha256: str | None = None  # of the unpacked bytes, None if unknown

    @property
    def compressed(self) -> bool:
        return self.path.suffix.lower() == ".gz"

    def blocks(self) -> Iterator[bytes]:
        """The bytes of the file, unpacked, at most BLOCK at a time.

        Raises TextError if it cannot be read, or at the end if the bytes do not have the expected sha256.
        """
        seen = hashlib.sha256()
        try:
            with self._opened() as stream:
                left = max(MOST_UNPACKED, MOST_RATIO * self.size) if self.compressed else self.size
                while left and (block := stream.read(min(BLOCK, left))):
                    left -= len(block)
                    if self.sha256:
                        seen.update(block)
                    yield block
            if self.compressed and not left:
                raise TextError(
                    f"This .gz unpacks to more than {MOST_RATIO} times its size, like a zip bomb",
                    f"{self.label}, {self.size:,} bytes",
                    "To use it anyway, unpack it and give the file.",
                )
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise TextError("This is not a whole .gz file", f"{self.label}: {error}", "Compress it again.") from None
        except OSError as error:
            raise unreadable_error(self.label, error) from None
        if self.sha256 and self.sha256 != seen.hexdigest():
            is_corpus = self.unpacked_size is None  # its checksum is known without `measured`
            raise TextError(
                "The text is not the one that was fetched" if is_corpus else "The text changed while it was read",
                str(self.path),
                f"Run `charlm data fetch {self.label}` again." if is_corpus else "Copy it, and give the copy.",
            )

    def _opened(self) -> BinaryIO:
        return cast(BinaryIO, gzip.open(self.path)) if self.compressed else self.path.open("rb")

    def measured(self) -> SourceFile:
        """The file with the size and sha256 of its unpacked bytes, which every later read is compared with."""
        size, sha256 = 0, hashlib.sha256()
        for block in self.blocks():
            size += len(block)
            sha256.update(block)
        return replace(self, unpacked_size=size, sha256=sha256.hexdigest())

    def is_binary(self) -> bool:
        """Whether the first bytes have a NUL and no byte-order mark of an encoding with NULs."""
        head = next(self.blocks(), b"")[:HEAD]
        return b"\0" in head and not head.startswith(WIDE_MARKS)


def find_files(sources: tuple[str, ...], *, keep_binary: bool, spool: Path) -> tuple[list[SourceFile], list[str]]:
    """The files that the sources name, in order, and notes on what was left out.

    `keep_binary` is for texts that are read as bytes. Standard input is copied into the folder `spool`, since it is
    read more than once. Raises TextError for a file that is missing, unreadable or not regular, and a folder without
    text.
    """
    if sources.count(STDIN) > 1:
        raise UsageError("Standard input can be read only once", "- is given twice", "Give - once.")
    files: list[SourceFile] = []
    notes: list[str] = []
    for source in sources:
        found, more = _find(source, keep_binary, spool)
        files += found
        notes += more
    return files, notes


def _find(source: str, keep_binary: bool, spool: Path) -> tuple[list[SourceFile], list[str]]:
    if source == STDIN:
        return [_spooled(spool)], []
    if source in CORPORA:
        corpus = CORPORA[source]
        path = corpus_file(corpus, spool)
        beside = [f"{source} is the named corpus; for the file, write ./{source}"] if Path(source).exists() else []
        return [SourceFile(source, path, path.stat().st_size, sha256=corpus.text_sha256)], beside
    path = _expanded(source)
    if glob.has_magic(source) and not os.path.lexists(path):
        return _matching(source, keep_binary)
    status = _status(path)
    if status and stat.S_ISDIR(status.st_mode):
        return _folder(path, keep_binary)
    return [_file(path)], []


def _expanded(source: str) -> Path:
    with suppress(RuntimeError):  # no such user or home: then ~ is part of the name
        return Path(source).expanduser()
    return Path(source)


def _status(path: Path) -> os.stat_result | None:
    """The status of a file; None if it does not exist."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise unreadable_error(str(path), error) from None


def _file(path: Path) -> SourceFile:
    status = _status(path)
    if status is None:
        raise _missing_error(path)
    if not stat.S_ISREG(status.st_mode):
        form = next((form for is_form, form in SPECIAL_FILES if is_form(status.st_mode)), "no file")
        raise TextError(f"This is {form}, not a file", str(path), "Save its text in a file first.")
    return SourceFile(str(path), path, status.st_size)


def _folder(folder: Path, keep_binary: bool) -> tuple[list[SourceFile], list[str]]:
    """The text files under a folder, sorted by path, and a note on the hidden, empty, binary and special ones."""
    files: list[SourceFile] = []
    left_out = dict.fromkeys(("hidden", "special", "empty", "binary"), 0)
    for path in _walk(folder):
        status = _status(path)
        if any(part.startswith(".") for part in path.relative_to(folder).parts):
            left_out["hidden"] += 1
        elif status is None or not stat.S_ISREG(status.st_mode):
            left_out["special"] += 1
        elif not status.st_size:
            left_out["empty"] += 1
        elif not keep_binary and SourceFile(str(path), path, status.st_size).is_binary():
            left_out["binary"] += 1
        else:
            files.append(SourceFile(str(path), path, status.st_size))
    listed = ", ".join(f"{count} {kind}" for kind, count in left_out.items() if count)
    if not files:
        what = f"The folder has only files that are left out: {listed}" if listed else "The folder has no files"
        raise TextError(what, str(folder), "Name a folder with text files, or the files themselves.")
    return files, [f"left out of {folder}: {listed} files"] if listed else []


def _walk(folder: Path) -> list[Path]:
    def fail(error: OSError) -> None:
        raise unreadable_error(str(error.filename), error) from None

    walk = os.walk(folder, onerror=fail)
    return sorted(Path(parent, name) for parent, _, names in walk for name in names)


def _matching(pattern: str, keep_binary: bool) -> tuple[list[SourceFile], list[str]]:
    files: list[SourceFile] = []
    notes: list[str] = []
    for match in sorted(glob.glob(str(_expanded(pattern)), recursive=True)):  # noqa: PTH207 - takes absolute patterns
        path = Path(match)
        if not path.is_dir():
            files.append(_file(path))
        elif "**" not in pattern:  # a recursive pattern matches the files in its folders too
            found, more = _folder(path, keep_binary)
            files += found
            notes += more
    if not files:
        raise TextError("No file matches", pattern, "Check the pattern. `charlm data list` lists the named corpora.")
    return files, notes


def _spooled(spool: Path) -> SourceFile:
    path = spool / "standard-input"
    try:
        with path.open("wb") as copy:
            shutil.copyfileobj(sys.stdin.buffer, copy, BLOCK)
    except (OSError, AttributeError) as error:  # AttributeError: a process without standard input
        raise unreadable_error("standard input", error) from None
    return SourceFile("standard input", path, path.stat().st_size)


def _missing_error(path: Path) -> TextError:
    beside: list[str] = []
    with suppress(OSError):
        beside = [other.name for other in path.parent.iterdir()]
    near = [str(path.parent / name) for name in closest(path.name, beside, most=2)] or closest(str(path), CORPORA)
    remedy = did_you_mean(near) or "`charlm data list` lists the named corpora."
    return TextError("There is no such file or corpus", str(path), remedy)


def unreadable_error(label: str, error: Exception) -> TextError:
    """The error for a file that the system does not let us read."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return TextError(f"The text cannot be read: {reason}", label, "Check the name and your permission to read it.")
