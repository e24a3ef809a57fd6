"""Cells in files of the user's: which files may run in this process, and the classes in them. Knows no settings.

A name in a checkpoint never runs a file, and its path is not even opened. The user must name the file in this process,
by `trust`, and the file must have the recorded sha256. What is executed are the very bytes that were hashed.
"""

from __future__ import annotations

import dataclasses
import hashlib
import linecache
import os
import shlex
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType

from charlm.cells.cell import Cell
from charlm.cells.contract import check_contract
from charlm.config.cell_files import CellFile
from charlm.config.suggestions import suggestion
from charlm.errors import UsageError

VARIABLE = "CHARLM_CELL_FILE"  # an environment variable: files that may run, separated as in PATH
LARGEST = 2**20  # bytes
MODULE = "_charlm_cell_"  # begins the name of a file's module, which its sha256 ends
CONTRACT = "`charlm cells show rnn` shows a cell; the README has a whole file of one."


class CellFileError(UsageError):
    """A cell's file that is wrong, or that may not run because the user has not named it."""


@dataclasses.dataclass(frozen=True)
class _Source:
    path: str
    content: bytes


_trusted: dict[str, _Source] = {}  # by sha256. Consent belongs to the process: a user gives it for one command
_loading = threading.RLock()


def trust(path: str) -> str:
    """Let the code in this file run in this process, if a model calls for it. Returns its sha256.

    Raises CellFileError if it cannot be read.
    """
    content = _read(path)
    sha256 = hashlib.sha256(content).hexdigest()
    _trusted.setdefault(sha256, _Source(path, content))
    return sha256


def text_of(file: CellFile) -> str:
    """The text of a file that may run."""
    return _trusted[str(file.sha256)].content.decode()


def trusted_environment() -> dict[str, str]:
    """The environment for a process that continues the work of this one: the same files may run there."""
    paths = [str(Path(source.path).resolve()) for source in _trusted.values()]
    return {**os.environ, VARIABLE: os.pathsep.join(paths)} if paths else dict(os.environ)


def own_class(file: CellFile) -> type[Cell]:
    """The class of a recorded name. Raises CellFileError if its file may not run, or is wrong."""
    if file.sha256 is None:
        raise CellFileError(
            "The settings name a cell in a file without the sha256 of that file, and charlm runs no such file",
            f"model.cell: {file}",
            "A run that `charlm train` made has it. To train with the file, name it on the command line: "
            f"charlm train -s model.cell={shlex.quote(str(file))}",
        )
    _require_trust(file)
    return _class(file.sha256, file.class_name)


def require_named(file: CellFile) -> None:
    """Raise CellFileError if the user has not named this file, as it is now, in this process or in CHARLM_CELL_FILE."""
    _require_trust(replace(file, sha256=hashlib.sha256(_read(file.path)).hexdigest()))


def _require_trust(file: CellFile) -> None:
    if file.sha256 not in _trusted:
        for path in filter(None, os.environ.get(VARIABLE, "").split(os.pathsep)):
            trust(path)
    if file.sha256 not in _trusted:
        raise CellFileError(*_refusal(file))


def _refusal(file: CellFile) -> tuple[str, str, str]:
    """What is said if no file of that sha256 may run. The recorded path is only shown: it may be a stranger's."""
    where = f"model.cell: {file.path}:{file.class_name}, sha256 {str(file.sha256)[:16]}..."
    others = [source.path for source in _trusted.values()]
    if others:
        what = f"{others[-1]} is not the file that this model was made with: its sha256 is another one"
        named = f"Name the file as it was: --cell-file {shlex.quote(file.path)}"
        return what, where, f"{named}\nThe run keeps a copy of it: {file.copy_name}"
    what = f"This model's cell is code in a file, {Path(file.path).name}, and charlm runs it only if you say so"
    remedy = f"If you trust it: --cell-file {shlex.quote(file.path)} (in Python, cell_file=; or set {VARIABLE})"
    return what, where, f"{remedy}\nIf that file is gone or has changed, the run keeps a copy: {file.copy_name}"


def _read(path: str) -> bytes:
    try:
        if not Path(path).is_file():
            raise CellFileError("There is no such file", f"the file of a cell: {path}", "Write it as path/to/file.py.")
        with Path(path).open("rb") as file:
            content = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CellFileError(f"The file cannot be read: {reason}", f"the file of a cell: {path}") from None
    if len(content) > LARGEST:
        raise CellFileError(f"The file has more than {LARGEST:,} bytes", f"the file of a cell: {path}")
    try:
        content.decode()
    except UnicodeDecodeError as error:
        raise CellFileError("The file is not UTF-8", f"{path}, byte {error.start}", "Save it as UTF-8.") from None
    return content


@cache
def _class(sha256: str, class_name: str) -> type[Cell]:
    with _loading:
        module = _module(sha256)
    path = str(module.__file__)
    where = f"{path}: {class_name}"
    found = getattr(module, class_name, None)
    if found is None:
        classes = [name for name, value in vars(module).items() if isinstance(value, type) and _is_own(value, module)]
        remedy = suggestion(class_name, classes) or f"It has: {', '.join(classes) or 'no class'}."
        raise CellFileError(f"The file has no class {class_name}", where, remedy)
    if not (isinstance(found, type) and issubclass(found, Cell)):
        raise CellFileError(
            f"{class_name} is not a cell", where, f"Write class {class_name}(Cell), with charlm.cells.cell.Cell."
        )
    if problem := _class_problem(found):
        raise CellFileError(*problem[:1], where, *problem[1:])
    with user_errors(path):
        cell = found()
        for below in (False, True) if found.READS_BELOW else (False,):
            check_contract(cell, *_sizes(cell, where), below)
    return found


def _is_own(value: type, module: ModuleType) -> bool:
    return value.__module__ == module.__name__


def _class_problem(found: type[Cell]) -> tuple[str, str] | None:
    """What is wrong with the class, and what to do; None if nothing is."""
    name = found.__name__
    if "__dataclass_params__" not in vars(found) or not vars(found)["__dataclass_params__"].frozen:
        return f"{name} is not a frozen dataclass", f"Write @dataclass(frozen=True) above class {name}."
    if missing := sorted(found.__abstractmethods__):
        return f"{name} does not define {' and '.join(missing)}", CONTRACT
    state = getattr(found, "STATE", None)
    if not (isinstance(state, type) and issubclass(state, tuple) and hasattr(state, "_fields")):
        return f"{name} has no STATE that is a NamedTuple of arrays", f"Define one, and write STATE = ... in {name}."
    if found.MEMORY is not None and found.MEMORY not in state._fields:
        return f"{name}.MEMORY is no part of its state", f"MEMORY must be one of {', '.join(state._fields)}, or None."
    for field in dataclasses.fields(found):
        if "option" not in field.metadata:
            return (
                f"The field {field.name} of {name} is no option",
                f"Write {field.name}: float = option(1.0, 'what it does'), with charlm.cells.option.option.",
            )
    return None


def _sizes(cell: Cell, where: str) -> tuple[int, int]:
    """Inputs and units to try the cell with: few, and not equal, so that one is not taken for the other."""
    fits = [size for size in range(3, 200) if not cell.size_problem(size)]
    if len(fits) < 2:
        raise CellFileError("Its size_problem refuses every size from 3 to 200", where, CONTRACT)
    return fits[1], fits[0]


def _module(sha256: str) -> ModuleType:
    """The file as a module, executed once a process."""
    name, source = MODULE + sha256, _trusted[sha256]
    if name in sys.modules:
        return sys.modules[name]
    module = ModuleType(name)
    module.__file__ = str(Path(source.path).resolve())
    try:
        with user_errors(module.__file__):
            code = compile(source.content, module.__file__, "exec", dont_inherit=True)
            sys.modules[name] = module  # dataclasses look up the module of their class
            exec(code, vars(module))
    except BaseException:
        sys.modules.pop(name, None)
        raise
    linecache.checkcache(module.__file__)
    return module


@contextmanager
def user_errors(path: str) -> Iterator[None]:
    """Turn what the file raises into a CellFileError: its own last line, and where in the file."""
    try:
        yield
    except (CellFileError, KeyboardInterrupt):
        raise
    except UsageError as error:
        raise CellFileError(error.what, ", ".join(filter(None, (path, error.where))), error.remedy) from None
    except BaseException as error:  # SystemExit too: a file that ends the process is wrong
        raise CellFileError(_last_line(error), _place(error, path), "Correct the file.") from None


def _last_line(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg}"
    return (traceback.format_exception_only(error) or [type(error).__name__])[-1].strip()[:500]


def _place(error: BaseException, path: str) -> str:
    """The file, and the line of the last call in it."""
    line = error.lineno if isinstance(error, SyntaxError) and error.filename == path else None
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename == path:
            line = frame.lineno
    return path if line is None else f"{path}, line {line}"


def file_of(cell: Cell | type[Cell]) -> str | None:
    """The path of the file that a user's cell is in; None for a cell of the table."""
    name = (cell if isinstance(cell, type) else type(cell)).__module__
    return str(sys.modules[name].__file__) if name.startswith(MODULE) else None
