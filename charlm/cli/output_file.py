"""A file that a command writes: it appears whole or not at all. Knows no command.

It is written beside its place under a hidden name, and gets its own name at the end. `-` is standard output.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from charlm.display.printing import is_terminal, until_closed
from charlm.errors import TextError, UsageError
from charlm.signals import closing_on_signals

STDOUT = "-"


def check_output(output: str, force: bool, source: str = "") -> None:
    """Raise UsageError, before any work, if the output cannot be written over or is what is read (`source`)."""
    if output == STDOUT:
        if is_terminal(sys.stdout):
            raise UsageError("A terminal cannot show these bytes", output, "Give a file with -o FILE, or use a pipe.")
        return
    path = Path(output)
    if not os.path.lexists(path):
        return
    if path.exists() and not path.is_file():
        raise UsageError("The output is no file that could be replaced", output, "Give another path.")
    if source and path.exists() and Path(source).exists() and path.samefile(source):
        raise UsageError("The output would replace what is read", output, "Give another path.")
    if not force:
        raise UsageError(
            "There is already something of that name", output, "Give another path, or replace it with --force."
        )


@contextmanager
def written_whole(output: str, force: bool) -> Iterator[BinaryIO]:
    """The file to write. If the block fails or is interrupted, there is no file, and an earlier one stays as it was.

    What goes to standard output is written as it comes. Raises TextError if it cannot be written.
    """
    if output == STDOUT:
        with until_closed(sys.stdout):
            sys.stdout.flush()
            yield sys.stdout.buffer
        return
    target = Path(output).resolve()
    temporary = target.with_name(f".{target.name[:200]}-{os.getpid()}")
    with closing_on_signals():
        try:
            with temporary.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            _name(temporary, target, force)
        except OSError as error:
            raise TextError(
                f"The file cannot be written: {error.strerror or error}",
                output,
                "Make room, or give a path in a folder that exists and that you can write to.",
            ) from None
        finally:
            with suppress(OSError):
                temporary.unlink()


def _name(temporary: Path, target: Path, force: bool) -> None:
    """Give the file its name. Raises OSError if there is one of that name by now, unless that is to be replaced."""
    if not force:
        try:
            os.link(temporary, target)  # unlike a renaming, this never replaces a file
            return
        except FileExistsError:
            raise
        except OSError:  # a file system without links
            if target.exists():
                raise FileExistsError(None, "File exists") from None
    temporary.replace(target)
