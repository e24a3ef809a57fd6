"""Creates the folder of a new run, under a name that no other run has. Knows none of its files but run.json."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from charlm.errors import CheckpointError, UsageError
from charlm.runs.files import DISK, is_file
from charlm.runs.folder import FORMAT, LATEST, MARK, Run
from charlm.version import __version__

MAX_NAME = 80  # characters
MAX_SLUG = 48
NAME = re.compile(rf"\w[\w.-]{{0,{MAX_NAME - 1}}}")


def create_run(root: Path, wanted: str | None, slug: str, about: Mapping[str, Any]) -> Run:
    """Create the folder of a new run, named `wanted` or, if that is None, `<slug>-<n>`. `about` goes into run.json.

    Two processes never get the same folder. Raises UsageError for an invalid name, CheckpointError if the name is taken
    or the folder cannot be written.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        folder = _create_named(root, wanted) if wanted is not None else _create_numbered(root, _clean(slug))
    except OSError as error:
        raise CheckpointError(
            f"The folder of the run cannot be created: {error.strerror}",
            str(root / (wanted or slug)),
            "Set CHARLM_RUNS to a folder that you can write to.",
        ) from error
    run = Run(folder)
    created = datetime.now(UTC).isoformat(timespec="seconds")
    try:
        run.write_mark({"format": FORMAT, "charlm": __version__, "created": created, **about, "checkpoints": []})
    except CheckpointError:
        with suppress(OSError):
            folder.rmdir()
        raise
    with suppress(OSError):
        DISK.sync_folder(root)  # without its folder's name, a power loss would lose the run with all its checkpoints
    return run


def _create_named(root: Path, name: str) -> Path:
    if not NAME.fullmatch(name) or name.lower() == LATEST:
        raise UsageError(
            f"{name[:MAX_NAME]!r} cannot be the name of a run",
            "--run",
            f"Use up to {MAX_NAME} letters, digits, dots, dashes and underscores; not `latest`, and no dot first.",
        )
    folder = root / name
    try:
        folder.mkdir()
    except FileExistsError:
        if is_file(folder / MARK):
            remedy = f"Resume it with `charlm train --resume {name}`, or give another name."
            raise CheckpointError(f"There is already a run {name}", str(folder), remedy) from None
        raise CheckpointError(f"{name} exists and is not a run", str(folder), "Give another name.") from None
    return folder


def _create_numbered(root: Path, slug: str) -> Path:
    pattern = re.compile(rf"{re.escape(slug)}-([0-9]{{1,9}})")
    taken = [int(match[1]) for path in root.iterdir() if (match := pattern.fullmatch(path.name))]
    number = max(taken, default=0) + 1
    while True:
        folder = root / f"{slug}-{number}"
        with suppress(FileExistsError):  # another process was quicker
            folder.mkdir()
            return folder
        number += 1


def _clean(slug: str) -> str:
    """The slug without the characters that a name may not have; `run` if nothing is left."""
    words = re.sub(r"[^\w.]+", "-", slug.lower()).strip("-._")[:MAX_SLUG].rstrip("-._")
    return words or "run"
