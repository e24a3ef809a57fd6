"""A temporary folder for texts that can be read only once. Knows no text."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import BinaryIO

from charlm.errors import TextError


class Spool:
    """The folder, made when the first file is needed, and removed at the end of the `with` block."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._numbers = count(1)

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, *error: object) -> None:
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def folder(self) -> Path:
        """Raises TextError if no folder for temporary files can be written."""
        if self._folder is None:
            try:
                self._folder = Path(tempfile.mkdtemp(prefix="charlm-"))
            except OSError as error:
                raise TextError(
                    "There is no folder for temporary files, and this text has to be copied first",
                    error.strerror or str(error),
                    "Set TMPDIR to a folder that you can write to, or save the text in a plain file.",
                ) from None
        return self._folder

    @contextmanager
    def written(self) -> Iterator[BinaryIO]:
        """A new file to write. Raises TextError if there is no folder or no room."""
        path = self.folder / str(next(self._numbers))
        try:
            with path.open("wb") as file:
                yield file
        except OSError as error:
            raise TextError(
                f"The text cannot be copied: {error.strerror or error}",
                str(self.folder),
                "Set TMPDIR to a folder with room for it.",
            ) from None
