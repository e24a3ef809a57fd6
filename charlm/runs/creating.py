"""Making the folder of a new run, under a name that is its alone. Knows nothing of what will be in it but the mark."""

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
    """Make the folder of a new run, named as wanted or `<slug>-<n>`; `about` goes into run.json.

    The folder is made exclusively: two processes never get the same one. Raises UsageError for a name that cannot be,
    CheckpointError where one exists or the disk refuses.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        folder = _made(root, wanted) if wanted is not None else _numbered(root, _plain(slug))
    except OSError as error:
        raise CheckpointError(
            f"The folder of the run cannot be made: {error.strerror}",
            str(root / (wanted or slug)),
            "Set CHARLM_RUNS to a folder that can be written.",
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
        DISK.sync_folder(root)  # a run whose name is lost with the power is lost with all its checkpoints
    return run


def _made(root: Path, name: str) -> Path:
    if not NAME.fullmatch(name) or name.lower() == LATEST:
        raise UsageError(
            f"{name[:MAX_NAME]!r} cannot be the name of a run",
            "--run",
            f"Use up to {MAX_NAME} letters, digits, dots, dashes and underscores; not `latest`, no dot at the front.",
        )
    folder = root / name
    try:
        folder.mkdir()
    except FileExistsError:
        if is_file(folder / MARK):
            remedy = f"Go on with it by `charlm train --resume {name}`, or give another name."
            raise CheckpointError(f"There is already a run {name}", str(folder), remedy) from None
        raise CheckpointError(f"{name} exists, and is not a run", str(folder), "Give another name.") from None
    return folder


def _numbered(root: Path, slug: str) -> Path:
    pattern = re.compile(rf"{re.escape(slug)}-([0-9]{{1,9}})")
    taken = [int(match[1]) for path in root.iterdir() if (match := pattern.fullmatch(path.name))]
    number = max(taken, default=0) + 1
    while True:
        folder = root / f"{slug}-{number}"
        with suppress(FileExistsError):  # another process was quicker
            folder.mkdir()
            return folder
        number += 1


def _plain(slug: str) -> str:
    """The slug as it may begin a name."""
    words = re.sub(r"[^\w.]+", "-", slug.lower()).strip("-._")[:MAX_SLUG].rstrip("-._")
    return words or "run"
