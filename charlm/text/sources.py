"""Finds the files of a text: files, folders, globs, archives, pipes and named corpora. Decodes nothing.

Only regular files are read, and pipes, which are copied first, since a text is read more than once.
"""

from __future__ import annotations

import glob
import os
import select
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from charlm.config.settings import TextSettings
from charlm.config.suggestions import closest, did_you_mean
from charlm.errors import TextError, UsageError
from charlm.text.corpora.named import CORPORA, corpus_file
from charlm.text.files.archives import read_archive
from charlm.text.files.kinds import PARQUET, TAR, ZIP, kind_of, reason_left_out
from charlm.text.files.parquet import columns_of
from charlm.text.files.selecting import LeftOut, Selection, is_hidden
from charlm.text.files.source_file import BLOCK, SourceFile, unreadable_error
from charlm.text.files.spool import Spool
from charlm.text.files.unpacking import packing_of

STDIN = "-"
PIPE_WAIT = 5.0  # seconds in which somebody has to begin to write into a named pipe
SPECIAL_FILES = (
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)


def find_files(settings: TextSettings, spool: Spool) -> tuple[list[SourceFile], list[str]]:
    """The files of a text, in the order of its sources, and notes on what was left out.

    Binary files are kept only if the text is read as bytes. Raises TextError for a file that is missing, unreadable or
    no text, and for a folder or an archive without text.
    """
    if settings.sources.count(STDIN) > 1:
        raise UsageError("Standard input can be read only once", "- is given twice", "Give - once.")
    search = _Search(settings, spool)
    for source in settings.sources:
        search.add(source)
    return search.files, [*search.notes, *search.selection.notes]


class _Search:
    """The files found so far, and the notes."""

    def __init__(self, settings: TextSettings, spool: Spool) -> None:
        self.files: list[SourceFile] = []
        self.notes: list[str] = []
        self.selection = Selection(settings.include, settings.exclude)
        self._keep_binary = settings.unit == "byte"
        self._column = settings.column
        self._spool = spool

    def add(self, source: str) -> None:
        """Find the files of one source."""
        if source == STDIN:
            self._add_unpacked(_copied(sys.stdin.buffer if sys.stdin else None, "standard input", self._spool))
            return
        if source in CORPORA:
            corpus = CORPORA[source]
            path = corpus_file(corpus, self._spool)
            self.files.append(SourceFile(source, path, path.stat().st_size, sha256=corpus.text_sha256))
            if Path(source).exists():
                self.notes.append(f"{source} is the named corpus; for the file, write ./{source}")
            return
        path = _expanded(source)
        status = None if glob.has_magic(source) and not os.path.lexists(path) else _status(path)
        if status and stat.S_ISDIR(status.st_mode):
            self._add_folder(path)
        elif status or not glob.has_magic(source):
            self._add_file(path)
        else:
            self._add_matching(source)

    def _add_file(self, path: Path) -> None:
        status = _status(path)
        if status is None:
            raise _missing_error(path)
        if stat.S_ISFIFO(status.st_mode):
            self._add_unpacked(_copied_pipe(path, self._spool))
            return
        if not stat.S_ISREG(status.st_mode):
            form = next((form for is_form, form in SPECIAL_FILES if is_form(status.st_mode)), "no file")
            raise TextError(f"This is {form}, not a file", str(path), "Save its text in a file first.")
        self._add_unpacked(SourceFile(str(path), path, status.st_size))

    def _add_unpacked(self, file: SourceFile) -> None:
        """Add a file, or the members of an archive. Raises TextError for a file of another kind."""
        head = file.head()
        kind = kind_of(head)
        if kind in (ZIP, TAR):
            found, notes = read_archive(file, kind, self._spool, self.selection, keep_binary=self._keep_binary)
            self.files += found
            self.notes += notes
            return
        if file.packing() and (twice := packing_of(head)):
            what = f"This {file.packing()} holds a {twice}, packed twice"
            raise TextError(what, file.label, "Unpack it once, and give the file.")
        if kind is PARQUET and not self._keep_binary:
            self._add_table(file)
            return
        if kind and not self._keep_binary:
            raise TextError(f"This is {kind.name}, not plain text", file.label, kind.remedy)
        if not head:
            self.notes.append(f"{file.label} is empty")
        self.files.append(file)

    def _add_table(self, file: SourceFile) -> None:
        """Add a table of Parquet. Raises TextError if no column of it is named, or if it is packed."""
        if file.packing():
            raise TextError(f"This {file.packing()} holds a Parquet table", file.label, "Unpack it, and give the file.")
        if self._column is None:
            remedy = f"Name the one with the text, such as -s text.column={columns_of(file)[0]}."
            what = f"This is a Parquet table with the columns {', '.join(columns_of(file))}"
            raise TextError(what, file.label, remedy)
        self.files.append(replace(file, table=True))

    def _add_folder(self, folder: Path) -> None:
        """Add the text files under a folder, sorted by path, and a note on the files that are left out."""
        left_out = LeftOut(str(folder))
        before = len(self.files)
        for path in _walk(folder):
            name = path.relative_to(folder).as_posix()
            status = _status(path)
            if is_hidden(name):
                left_out.add("hidden")
            elif not self.selection.takes(name):
                left_out.add("unselected")
            elif status is None or not stat.S_ISREG(status.st_mode):
                left_out.add("special")
            elif not status.st_size:
                left_out.add("empty")
            else:
                file = SourceFile(str(path), path, status.st_size)
                keep_tables = self._column is not None and not file.packing()
                reason, kind = reason_left_out(file.head(), self._keep_binary, keep_tables)
                if reason:
                    left_out.add(reason, str(path), kind)
                else:
                    self.files.append(replace(file, table=kind is PARQUET and keep_tables))
        if len(self.files) == before:
            raise left_out.nothing_left_error("folder")
        self.notes += left_out.notes

    def _add_matching(self, pattern: str) -> None:
        before = len(self.files)
        for match in sorted(glob.glob(str(_expanded(pattern)), recursive=True)):  # noqa: PTH207 - takes absolute patterns
            path = Path(match)
            if not path.is_dir():
                self._add_file(path)
            elif "**" not in pattern:  # a recursive pattern matches the files in its folders too
                self._add_folder(path)
        if len(self.files) == before:
            remedy = "Check the pattern. `charlm data list` lists the named corpora."
            raise TextError("No file matches", pattern, remedy)


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


def _walk(folder: Path) -> list[Path]:
    def fail(error: OSError) -> None:
        raise unreadable_error(str(error.filename), error) from None

    walk = os.walk(folder, onerror=fail)
    return sorted(Path(parent, name) for parent, _, names in walk for name in names)


def _copied(stream: BinaryIO | None, label: str, spool: Spool) -> SourceFile:
    """A stream that can be read only once, copied into the spool."""
    if stream is None:  # a process without standard input
        raise TextError("The text cannot be read: it is closed", label, "Give a file.")
    with spool.written() as copy:
        for block in _blocks_of(stream, label):
            copy.write(block)
    path = Path(copy.name)
    return SourceFile(label, path, path.stat().st_size)


def _blocks_of(stream: BinaryIO, label: str) -> Iterator[bytes]:
    try:
        while block := stream.read(BLOCK):
            yield block
    except (OSError, ValueError) as error:  # ValueError: it is closed
        raise unreadable_error(label, error) from None


def _copied_pipe(path: Path, spool: Spool) -> SourceFile:
    """A named pipe, or that of `<(...)`, copied. Nobody may ever write into it, so the first bytes are waited for."""
    try:
        pipe = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a plain open would wait for a writer without an end
    except OSError as error:
        raise unreadable_error(str(path), error) from None
    with open(pipe, "rb") as stream:  # noqa: PTH123 - it is open
        if not select.select([pipe], [], [], PIPE_WAIT)[0]:
            remedy = "Start the command that writes into it first, or pipe its output: COMMAND | charlm ... -"
            raise TextError(f"Nobody writes into this pipe; {PIPE_WAIT:g} seconds were waited", str(path), remedy)
        os.set_blocking(pipe, True)
        return _copied(stream, str(path), spool)


def _missing_error(path: Path) -> TextError:
    beside: list[str] = []
    with suppress(OSError):
        beside = [other.name for other in path.parent.iterdir()]
    near = [str(path.parent / name) for name in closest(path.name, beside, most=2)] or closest(str(path), CORPORA)
    remedy = did_you_mean(near) or "`charlm data list` lists the named corpora."
    return TextError("There is no such file or corpus", str(path), remedy)
