"""The name of a cell in a user's file: FILE.py:CLASS, or FILE.py:CLASS@SHA256 as charlm records it. Runs nothing.

A person writes the first form. The second also says which text the file had; only charlm writes it, into a run.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

NAME = re.compile(r"(?P<path>[^\n]+\.py):(?P<class_name>[^\W\d]\w*)(?:@(?P<sha256>[0-9a-f]{64}))?")
LONGEST = 500  # characters of such a name


@dataclass(frozen=True)
class CellFile:
    """A class in a file. `sha256` is that of the file's bytes, None if it is not recorded."""

    path: str
    class_name: str
    sha256: str | None = None

    def __str__(self) -> str:
        return f"{self.path}:{self.class_name}" + (f"@{self.sha256}" if self.sha256 else "")

    @property
    def copy_name(self) -> str:
        """What the copy of the file is called that a run keeps."""
        return f"{Path(self.path).stem[:40]}-{(self.sha256 or '')[:8]}.py"


def cell_file(name: str) -> CellFile | None:
    """The file and class of a cell's name; None if it is no such name."""
    match = NAME.fullmatch(name)
    return CellFile(**match.groupdict()) if match else None


def is_file(name: str) -> bool:
    """Whether the name of a cell means a file, well formed or not."""
    return ".py" in name or "/" in name or "\\" in name


def short_name(name: str) -> str:
    """A cell's name for people: the class, if it is in a file."""
    file = cell_file(name)
    return file.class_name if file else name


def consent(names: Iterable[str]) -> str:
    """What a command about a model of these cells needs after the run's name: --cell-file for each of their files."""
    paths = dict.fromkeys(file.path for name in names if (file := cell_file(name)))
    return "".join(f" --cell-file {shlex.quote(path)}" for path in paths)
