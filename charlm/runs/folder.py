"""One run: its folder, its name, its checkpoints, and what charlm recorded in it as its own.

This file knows where checkpoints lie, not what is in them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from charlm.errors import CheckpointError
from charlm.runs.files import DISK, Disk, is_file, read_json, replace_text

FORMAT = 1
MARK, LATEST = "run.json", "latest"
BEST, LAST = "best", "last"
STEP = re.compile(r"step-(0|[1-9][0-9]{0,17})")
# The files of a checkpoint. A folder with a description is a checkpoint; so it is the first file to be deleted.
DESCRIPTION, MODEL, TRAINING = "checkpoint.json", "model.safetensors", "training.safetensors"
CHECKPOINT_FILES = (DESCRIPTION, MODEL, TRAINING)
# What a checkpoint's folder is called while it is written, and the older one while it makes room for a newer.
TEMPORARY, ASIDE = ".writing-", "-old"
LEFTOVER = re.compile(rf"{re.escape(TEMPORARY)}({STEP.pattern})-[0-9]+({ASIDE})?")


@dataclass(frozen=True)
class Run:
    """A run's folder. Whoever writes in it holds its lock."""

    folder: Path
    disk: Disk = field(default=DISK, repr=False, compare=False)

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def config(self) -> Path:
        return self.folder / "config.yaml"

    @property
    def metrics(self) -> Path:
        return self.folder / "metrics.jsonl"

    @property
    def mark(self) -> dict[str, Any]:
        """What run.json says: format, charlm (version), created, text, checkpoints. Empty where there is none."""
        return read_json(self.folder / MARK)

    @property
    def checkpoints(self) -> list[Path]:
        """The folders of its checkpoints, oldest first."""
        try:
            found = [path for path in self.folder.iterdir() if STEP.fullmatch(path.name) and is_checkpoint(path)]
        except OSError as error:
            remedy = "Make it readable, or choose another run."
            raise CheckpointError(f"The run cannot be read: {error.strerror}", str(self.folder), remedy) from error
        return sorted(found, key=step_of)

    def pointed(self, pointer: str) -> Path | None:
        """The checkpoint that `best` or `last` names, if it is there."""
        try:
            name = (self.folder / pointer).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            return None
        path = self.folder / name
        return path if STEP.fullmatch(name) and is_checkpoint(path) else None

    def point(self, pointer: str, checkpoint: Path) -> None:
        """Make `best` or `last` name a checkpoint of this run."""
        replace_text(self.folder / pointer, f"{checkpoint.name}\n", self.disk)

    def make_latest(self) -> None:
        """Make this the run that commands take unless told."""
        replace_text(self.folder.parent / LATEST, f"{self.name}\n", self.disk)

    def record(self, step: int) -> Path:
        """The folder to write the checkpoint of that step into, recorded as charlm's own before it exists.

        Raises CheckpointError where a folder stands there that charlm did not make.
        """
        path = self.folder / f"step-{step}"
        recorded = self._recorded()
        if path.name in recorded:
            return path
        if path.exists():
            raise CheckpointError(
                f"{path.name} is in the way: charlm did not make it",
                str(path),
                "Move it elsewhere, then go on with `charlm train --resume`.",
            )
        self.write_mark({**self.mark, "checkpoints": [*recorded, path.name]})
        return path

    def prune(self, keep: int, milestones: int | None = None) -> list[str]:
        """Delete recorded checkpoints but the `keep` newest, the best, the last, and every `milestones` steps one.

        Gives the names of those deleted.

        Only files that charlm writes are deleted, and a folder only if nothing else is in it.
        """
        recorded = self._recorded()
        present = [path for path in self.checkpoints if path.name in recorded]
        kept = {path.name for path in (*present[-keep:], self.pointed(BEST), self.pointed(LAST)) if path}
        if milestones:
            kept |= {path.name for path in present if step_of(path) % milestones == 0}
        # A folder without a description may be one whose deletion was interrupted: it is taken up again.
        deleted = [name for name in recorded if name not in kept and self._delete(self.folder / name)]
        if deleted:
            self.write_mark({**self.mark, "checkpoints": [name for name in recorded if name not in deleted]})
        return deleted

    def tidy(self) -> None:
        """Clear away what a killed process left of writing recorded checkpoints.

        A whole checkpoint that had stepped aside for one that never came is put back.
        """
        recorded = self._recorded()
        for leftover in sorted(self.folder.glob(f"{TEMPORARY}*")):
            match = LEFTOVER.fullmatch(leftover.name)
            if not match or match[1] not in recorded:
                continue
            place = self.folder / match[1]
            if leftover.name.endswith(ASIDE) and is_checkpoint(leftover) and not is_checkpoint(place):
                with suppress(OSError):
                    self.disk.replace(leftover, place)
            else:
                self._delete(leftover)

    def _recorded(self) -> list[str]:
        names = self.mark.get("checkpoints")
        names = names if isinstance(names, list) else []
        return [name for name in names if isinstance(name, str) and STEP.fullmatch(name)]

    def _delete(self, folder: Path) -> bool:
        """Delete a checkpoint's files and then its folder; whether the checkpoint is gone."""
        if folder.is_symlink():
            return False
        for name in CHECKPOINT_FILES:
            with suppress(OSError):
                self.disk.unlink(folder / name)
        with suppress(OSError):  # something of the user's is in it, and stays
            self.disk.rmdir(folder)
        return not is_checkpoint(folder)

    def write_mark(self, mark: Mapping[str, Any]) -> None:
        """Replace what run.json says."""
        replace_text(self.folder / MARK, json.dumps(mark, indent=1) + "\n", self.disk)


def step_of(checkpoint: Path) -> int:
    """The step that a checkpoint's folder is named after; -1 for another name."""
    match = STEP.fullmatch(checkpoint.name)
    return int(match[1]) if match else -1


def is_checkpoint(path: Path) -> bool:
    """Whether the folder says that it is one."""
    return is_file(path / DESCRIPTION)
