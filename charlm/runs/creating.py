"""Creates the folder of a new run, under a name that no other run has. Knows none of its files but run.json.

The folder is filled under a hidden name and then renamed: wherever a process is killed, there is a run with all the
files that it begins with, or none.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from charlm.errors import CheckpointError, UsageError
from charlm.runs.files import DISK, is_file
from charlm.runs.filling import clear_leftovers, new_folder
from charlm.runs.folder import FORMAT, LATEST, MARK, Run
from charlm.version import __version__

MAX_NAME = 80  # characters
MAX_SLUG = 48
NAME = re.compile(rf"\w[\w.-]{{0,{MAX_NAME - 1}}}")


def create_run(
    root: Path, wanted: str | None, slug: str, about: Mapping[str, Any], files: Mapping[str, str] | None = None
) -> Run:
    """Create the folder of a new run, named `wanted` or, if that is None, `<slug>-<n>`.

    `about` goes into run.json; `files` are texts by file name that the run begins with. Two processes never get the
    same folder. Raises UsageError for an invalid name, CheckpointError if the name is taken or the folder cannot be
    written.
    """
    if wanted is not None:
        _refuse_name(root, wanted)
    created = datetime.now(UTC).isoformat(timespec="seconds")
    mark = {"format": FORMAT, "charlm": __version__, "created": created, **about, "checkpoints": []}
    try:
        root.mkdir(parents=True, exist_ok=True)
        clear_leftovers(root)
        with new_folder(root) as filling:
            for name, text in (files or {}).items():
                DISK.write_file(filling / name, text.encode())
            Run(filling).write_mark(mark)
            folder = _renamed(filling, root / wanted) if wanted is not None else _numbered(filling, _clean(slug))
        with suppress(OSError):  # without its folder's name, a power loss would lose the run with all its checkpoints
            DISK.sync_folder(root)
    except OSError as error:
        raise CheckpointError(
            f"The folder of the run cannot be created: {error.strerror}",
            str(root / (wanted or slug)),
            "Set CHARLM_RUNS to a folder that you can write to.",
        ) from error
    return Run(folder)


def require_name(name: str, where: str) -> None:
    """Raises UsageError, with the place of the name, if no run can be called so."""
    if not NAME.fullmatch(name) or name.lower() == LATEST:
        raise UsageError(
            f"{name[:MAX_NAME]!r} cannot be the name of a run",
            where,
            f"Use up to {MAX_NAME} letters, digits, dots, dashes and underscores; not `latest`, and no dot first.",
        )


def _refuse_name(root: Path, name: str) -> None:
    require_name(name, "--run")
    folder = root / name
    if is_file(folder / MARK):
        raise CheckpointError(
            f"There is already a run {name}",
            str(folder),
            f"Resume it with `charlm train --resume {name}`, or give another name.",
        )
    if os.path.lexists(folder):
        raise CheckpointError(f"{name} exists and is not a run", str(folder), "Give another name.")


def _renamed(filling: Path, folder: Path) -> Path:
    """The folder under its own name. Raises CheckpointError if another process has just taken the name."""
    try:
        filling.rename(folder)
    except OSError:
        _refuse_name(folder.parent, folder.name)
        raise
    return folder


def _numbered(filling: Path, slug: str) -> Path:
    pattern = re.compile(rf"{re.escape(slug)}-([0-9]{{1,9}})")
    taken = [int(match[1]) for path in filling.parent.iterdir() if (match := pattern.fullmatch(path.name))]
    number = max(taken, default=0) + 1
    while True:
        folder = filling.parent / f"{slug}-{number}"
        try:
            filling.rename(folder)
            return folder
        except OSError:
            if not os.path.lexists(folder):
                raise
        number += 1  # another process was quicker


def _clean(slug: str) -> str:
    """The slug without the characters that a name may not have; `run` if nothing is left."""
    words = re.sub(r"[^\w.]+", "-", slug.lower()).strip("-._")[:MAX_SLUG].rstrip("-._")
    return words or "run"
