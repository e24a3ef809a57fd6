"""A study's folder: its YAML, its generated texts, its runs, and results.jsonl with a line for each finished run.

choices.jsonl has a line for each candidate of a study with `choose`.

Only the process that holds the study's lock appends to these two. A worker puts what it has finished into a file of its
own, which is a line here from the moment on at which it is there. Knows no training.

<root>/studies/<study>/study.yaml, results.jsonl, choices.jsonl, texts/,
    <variant>.<factor>-<level>.s<seed>/ and <variant>.<factor>-<level>.choose-<number>/ (ordinary runs)
    work/<run>.json (what a worker has finished) and claims (claims.py)
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from charlm.config.suggestions import suggestion
from charlm.errors import CheckpointError, UsageError
from charlm.runs import read_metrics, replace_text
from charlm.runs.files import read_json
from charlm.studies.study import Place, Study
from charlm.studies.study_files import read_study, to_yaml

FOLDER, STUDY, RESULTS, CHOICES, TEXTS = "studies", "study.yaml", "results.jsonl", "choices.jsonl", "texts"
WORK = "work"
RESULT, CHOICE = {"variant", "levels", "seed"}, {"variant", "levels", "value", "nats"}  # keys of their lines
Key = tuple[str, tuple[tuple[str, str], ...], int]


@dataclass(frozen=True)
class StudyFolder:
    """The folder of one study."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    def study(self) -> Study:
        """The study that was begun here. Raises UsageError."""
        return read_study(self.folder / STUDY)

    def begin(self, study: Study) -> None:
        """Write study.yaml, unless the study was begun before. Raises UsageError if it has changed since."""
        if not (self.folder / STUDY).exists():
            replace_text(self.folder / STUDY, to_yaml(study))
        self.refuse_change(study)

    def refuse_change(self, study: Study) -> None:
        """Raise UsageError if a different study was begun here."""
        if not (self.folder / STUDY).exists():
            return
        before, now = (each.model_dump(mode="json", exclude_none=True) for each in (self.study(), study))
        if changed := changed_parts(before, now):
            raise UsageError(
                f"The study {self.name} was begun with a different {', '.join(changed)}",
                str(self.folder / STUDY),
                "Use --name to run it as a new study, or restore the old file to continue.",
            )

    @property
    def work(self) -> Path:
        return self.folder / WORK

    def results(self) -> list[dict[str, Any]]:
        """The finished runs: the lines in the order in which they finished, then what workers have finished.

        Incomplete lines are skipped.
        """
        return self._rows(RESULTS, RESULT, key_of)

    def finished(self) -> dict[Key, dict[str, Any]]:
        """The results by (variant, levels, seed)."""
        return {key_of(row): row for row in self.results()}

    def choices(self) -> list[dict[str, Any]]:
        """The scored candidates, as `results`."""
        return self._rows(CHOICES, CHOICE, _candidate_of)

    def _rows(self, file: str, keys: set[str], key: Callable[[Mapping[str, Any]], object]) -> list[dict[str, Any]]:
        listed = [row for row in read_metrics(self.folder / file) if keys <= set(row)]
        known = {key(row) for row in listed}
        finished = (read_json(path) for path in sorted(self.work.glob("*.json")))
        return listed + [row for row in finished if keys <= set(row) and key(row) not in known]

    def collect(self) -> None:
        """Append the lines that workers have finished. The caller holds the study's lock. Raises CheckpointError."""
        for file, rows in ((CHOICES, self.choices()), (RESULTS, self.results())):
            listed = [dict(row) for row in read_metrics(self.folder / file)]
            for row in rows:
                if row not in listed:
                    append_row(self.folder / file, row)

    def add_choice(self, row: Mapping[str, Any]) -> None:
        """Append the row of a scored candidate. Raises CheckpointError."""
        append_row(self.folder / CHOICES, row)

    def add(self, row: Mapping[str, Any]) -> None:
        """Append the row of a finished run. Raises CheckpointError."""
        append_row(self.folder / RESULTS, row)

    def has(self, name: str) -> bool:
        """Whether a worker has finished the run or candidate of that name."""
        return bool(read_json(self.work / f"{name}.json"))

    def put(self, name: str, row: Mapping[str, Any]) -> None:
        """Keep the row of a finished run or candidate as a worker does. Raises CheckpointError."""
        replace_text(self.work / f"{name}.json", json.dumps(row) + "\n")


def make_folder(folder: Path) -> None:
    """Make a folder for runs. Raises CheckpointError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CheckpointError(
            f"The folder cannot be made: {error.strerror}", str(folder), "Set CHARLM_RUNS to a writable folder."
        ) from error


def append_row(path: Path, row: Mapping[str, Any]) -> None:
    """Append a line of JSON; it is on the disk when this returns. Raises CheckpointError."""
    try:
        incomplete = path.exists() and path.read_bytes()[-1:] not in (b"", b"\n")
        with path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(("\n" if incomplete else "") + json.dumps(row) + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise CheckpointError(
            f"{path.name} could not be written: {error.strerror}", str(path), "Make room, then run the command again."
        ) from error


def changed_parts(
    before: Mapping[str, Any], now: Mapping[str, Any], named: Callable[[str, str], str] = "{}.{}".format
) -> list[str]:
    """What differs, by name: `variants.lstm` rather than `variants`. `named` makes the name of a part of a part."""
    names = []
    for key in {**before, **now}:
        old, new = before.get(key), now.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            names += [named(key, inner) for inner in {**old, **new} if old.get(inner) != new.get(inner)]
        elif old != new:
            names.append(key)
    return names


def find_study(root: Path, target: str | None) -> StudyFolder:
    """The study of that name or in that folder; None is the latest. Raises CheckpointError."""
    home = root / FOLDER
    known = {path.parent.name: path for path in sorted(home.glob(f"*/{STUDY}"), key=lambda path: path.stat().st_mtime)}
    if target is None and known:
        return StudyFolder(list(known.values())[-1].parent)
    for path in (home / target, Path(target)) if target else ():
        if (path / STUDY).is_file():
            return StudyFolder(path)
    listed = f"Studies: {', '.join(known)}." if known else "Run one: charlm study run cells --quick"
    what = f"There is no study {target[:80]}" if target else "No study has been run yet"
    raise CheckpointError(what, f"in {home}", f"{suggestion(target or '', known)} {listed}".strip())


def key_of(row: Mapping[str, Any]) -> Key:
    """Which run a line of results.jsonl is about."""
    return row["variant"], tuple(row["levels"].items()), row["seed"]


def _candidate_of(row: Mapping[str, Any]) -> object:
    return row["variant"], tuple(row["levels"].items()), json.dumps(row["value"])


def choices_at(rows: Sequence[Mapping[str, Any]], place: Place) -> list[Mapping[str, Any]]:
    """The lines of choices.jsonl for that place, in the order of the values that were tried.

    Lines that were written before they had a number stand in that order already.
    """
    found = [row for row in rows if (row["variant"], tuple(row["levels"].items())) == place]
    return sorted(found, key=lambda row: row.get("number", 0))


def find_choice(rows: Sequence[Mapping[str, Any]], place: Place, value: object) -> Mapping[str, Any] | None:
    """The line of that value, if there is one."""
    return next((row for row in choices_at(rows, place) if row["value"] == value), None)


def best_choice(rows: Sequence[Mapping[str, Any]], place: Place) -> Mapping[str, Any]:
    """The line with the best score: the first of equal ones, and the first of all if every training diverged."""
    return min(choices_at(rows, place), key=lambda row: math.inf if row["nats"] is None else row["nats"])
