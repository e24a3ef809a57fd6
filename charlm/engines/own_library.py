"""The compiled kernels of a step that charlm's library lacks: kept in the cache, and compiled when they are not there.

That is the step of a cell in a user's file, or of a cell of the table with rare options, such as 7 rounds. The library
is charlm's own, with this cell's kernels in the place of the table's, and for this processor alone. Its name has the
fingerprint of the step's graph in it, so that a comment in the file costs no compiling. Knows no torch.
"""

from __future__ import annotations

import ctypes
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from charlm.cells.cell import Cell
from charlm.cells.own_files import file_of
from charlm.cells.table import CELLS
from charlm.graphs.derived import files, kernel_name
from charlm.graphs.tracing import trace
from charlm.kernels.building import Level, build_one, library_path
from charlm.kernels.choosing import choice
from charlm.kernels.library import library, load_library
from charlm.text.cache import cache_folder


@dataclass(frozen=True)
class OwnLibrary:
    """The library, or why there is none. `seconds` is what compiling it took, None if it was in the cache."""

    library: ctypes.CDLL | None
    seconds: float | None = None
    problem: str = ""


def library_for(cell: Cell, below: bool) -> ctypes.CDLL | None:
    """The library in which the kernels of this cell are, if it has any, for a step that can be traced.

    That is charlm's own, or one that is compiled for the cell; None if there are no kernels here.
    """
    built = library()
    if (
        built is None
        or hasattr(built, f"{kernel_name(trace(cell, below))}_forward_part_fp32")
        or not _may_compile(cell)
    ):
        return built
    return own_library(cell, below).library


def _may_compile(cell: Cell) -> bool:
    return file_of(cell) is not None or type(cell) in CELLS.values()


@cache
def own_library(cell: Cell, below: bool) -> OwnLibrary:
    """The library of a cell whose step can be traced."""
    level = choice().level
    if level is None:
        return OwnLibrary(None, problem=f"charlm has no kernels here: {choice().reason or 'none is compiled'}")
    name = kernel_name(trace(cell, below))
    path = cache_folder() / "cells" / f"{name}-{library_path(level).name}"
    try:
        if path.exists() and (found := load_library(path)) is not None:
            return OwnLibrary(found)
        seconds = _build(cell, below, level, path)
    except OSError as error:
        return OwnLibrary(None, problem=_first_line(str(error)))
    found = load_library(path)
    return OwnLibrary(found, seconds, "" if found else f"{path} cannot be loaded")


def _build(cell: Cell, below: bool, level: Level, path: Path) -> float:
    began = time.perf_counter()
    build_one(files([(cell, below)]), level, path)
    return time.perf_counter() - began


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0][:200] if text.strip() else "the compiler failed"
