"""One run: its folder, its name, its checkpoints, and the record of those that charlm wrote.

Knows the names of a checkpoint's files, not their contents.
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
MARK, CONFIG, LATEST = "run.json", "config.yaml", "latest"
BEST, LAST = "best", "last"
STEP = re.compile(r"step-(0|[1-9][0-9]{0,17})")
# The files of a checkpoint. A folder with a description is a checkpoint; so it is the first file to be deleted.
DESCRIPTION, MODEL, TRAINING = "checkpoint.json", "model.safetensors", "training.safetensors"
CHECKPOINT_FILES = (DESCRIPTION, MODEL, TRAINING)
PUSHED, PUSHING = "pushed.json", "push.lock"  # how far its metrics were pushed to loggers, and who pushes
# The name of a checkpoint's folder while it is written, and the suffix of the older one that it is about to replace.
TEMPORARY, ASIDE = ".writing-", "-old"
LEFTOVER = re.compile(rf"{re.escape(TEMPORARY)}({STEP.pattern})-[0-9]+({ASIDE})?")


@dataclass(frozen=True)
class Run:
    """A run's folder. Callers that write into it hold its lock."""

    folder: Path
    disk: Disk = field(default=DISK, repr=False, compare=False)

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def config(self) -> Path:
        return self.folder / CONFIG

    @property
    def metrics(self) -> Path:
        return self.folder / "metrics.jsonl"

    @property
    def mark(self) -> dict[str, Any]:
        """The content of run.json: format, charlm (version), created, text, checkpoints; `from`, the model that it
        started from; `changed`, settings that a resume has changed. Empty if there is none."""
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
        """The checkpoint that `best` or `last` names; None if it does not exist."""
        try:
            name = (self.folder / pointer).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            return None
        path = self.folder / name
        return path if STEP.fullmatch(name) and is_checkpoint(path) else None

    def point(self, pointer: str, checkpoint: Path) -> None:
        """Make `best` or `last` name this checkpoint of the run."""
        replace_text(self.folder / pointer, f"{checkpoint.name}\n", self.disk)

    def make_latest(self) -> None:
        """Make this the run that commands take if the user names none."""
        replace_text(self.folder.parent / LATEST, f"{self.name}\n", self.disk)

    def record(self, step: int) -> Path:
        """The folder for the checkpoint of that step. It is recorded in run.json before it exists.

        Raises CheckpointError if a folder of that name exists that charlm did not make.
        """
        path = self.folder / f"step-{step}"
        recorded = self._recorded()
        if path.name in recorded:
            return path
        if path.exists():
            raise CheckpointError(
                f"{path.name} exists, and charlm did not make it",
                str(path),
                "Move it elsewhere, then run `charlm train --resume`.",
            )
        self.write_mark({**self.mark, "checkpoints": [*recorded, path.name]})
        return path

    def prune(self, keep: int, milestones: int | None = None) -> list[str]:
        """Delete the recorded checkpoints but the `keep` newest, the best, the last and each multiple of `milestones`.

        Returns the names of the deleted ones. Deletes only files that charlm writes, and a folder only if it is empty
        then.
        """
        recorded = self._recorded()
        present = [path for path in self.checkpoints if path.name in recorded]
        kept = {path.name for path in (*present[-keep:], self.pointed(BEST), self.pointed(LAST)) if path}
        if milestones:
            kept |= {path.name for path in present if step_of(path) % milestones == 0}
        # A folder without a description may be left from an interrupted deletion, which continues here.
        deleted = [name for name in recorded if name not in kept and self._delete(self.folder / name)]
        if deleted:
            self.write_mark({**self.mark, "checkpoints": [name for name in recorded if name not in deleted]})
        return deleted

    def delete_checkpoints(self) -> None:
        """Delete all recorded checkpoints, and what a killed process left of one. Only files that charlm writes."""
        recorded = self._recorded()
        for name in recorded:
            self._delete(self.folder / name)
        for leftover in self.folder.glob(f"{TEMPORARY}*"):
            if (match := LEFTOVER.fullmatch(leftover.name)) and match[1] in recorded:
                self._delete(leftover)

    def tidy(self) -> None:
        """Delete what a killed process left behind while it wrote a recorded checkpoint.

        An older checkpoint that was moved aside is put back if the one to replace it is missing.
        """
        recorded = self._recorded()
        for leftover in sorted(self.folder.glob(f"{TEMPORARY}*")):
            match = LEFTOVER.fullmatch(leftover.name)
            if not match or match[1] not in recorded:
                continue
            checkpoint = self.folder / match[1]
            if leftover.name.endswith(ASIDE) and is_checkpoint(leftover) and not is_checkpoint(checkpoint):
                with suppress(OSError):
                    self.disk.replace(leftover, checkpoint)
            else:
                self._delete(leftover)

    def _recorded(self) -> list[str]:
        names = self.mark.get("checkpoints")
        names = names if isinstance(names, list) else []
        return [name for name in names if isinstance(name, str) and STEP.fullmatch(name)]

    def _delete(self, folder: Path) -> bool:
        """Delete a checkpoint's files, then its folder. Returns whether the checkpoint is gone."""
        if folder.is_symlink():
            return False
        for name in CHECKPOINT_FILES:
            with suppress(OSError):
                self.disk.unlink(folder / name)
        with suppress(OSError):  # files of the user are in it; they stay
            self.disk.rmdir(folder)
        return not is_checkpoint(folder)

    def record_changes(self, step: int, changes: Mapping[str, tuple[object, object]]) -> None:
        """Note in run.json that settings changed after this step: the value before and after, by name of the setting.

        Notes of later steps belong to trainings that were given up, and are deleted.
        """
        mark = self.mark
        noted = mark.get("changed")
        earlier = [
            each
            for each in (noted if isinstance(noted, list) else [])
            if isinstance(each, dict) and isinstance(at := each.get("step"), int) and at < step
        ]
        self.write_mark({**mark, "changed": [*earlier, {"step": step, "settings": dict(changes)}]})

    def write_mark(self, mark: Mapping[str, Any]) -> None:
        """Replace the content of run.json."""
        replace_text(self.folder / MARK, json.dumps(mark, indent=1) + "\n", self.disk)


def step_of(checkpoint: Path) -> int:
    """The step in the name of a checkpoint's folder; -1 if the name has none."""
    match = STEP.fullmatch(checkpoint.name)
    return int(match[1]) if match else -1


def is_checkpoint(path: Path) -> bool:
    """Whether the folder has the description of a checkpoint."""
    return is_file(path / DESCRIPTION)
