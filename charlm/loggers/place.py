"""How far the metrics of a run were pushed to a logger, kept in the run's folder. Knows no logger.

A training that is resumed writes its metrics anew from its checkpoint on: the steps that were pushed before are not
pushed again. Where the file has only grown, every line after the last one that was pushed is new.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from charlm.errors import BusyError
from charlm.runs import Run, read_metrics, replace_text
from charlm.runs.files import read_json
from charlm.runs.folder import PUSHED, PUSHING
from charlm.runs.lock import only_process

Line = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """`lines` of the file were pushed, of which `last` is the sha256 of the last and `step` the latest step.

    `identity` is what the logger calls the run; empty before the first push.
    """

    lines: int = 0
    last: str = ""
    step: int = -1
    identity: str = ""


def read_place(run: Run, key: str) -> Place:
    """The place under this key; the beginning if there is none."""
    kept = read_json(run.folder / PUSHED).get(key)
    if not isinstance(kept, dict):
        return Place()
    kinds = {"lines": int, "last": str, "step": int, "identity": str}
    found = {name: kept[name] for name, kind in kinds.items() if isinstance(kept.get(name), kind)}
    return Place(**found) if len(found) == len(kinds) else Place()


def write_place(run: Run, key: str, place: Place) -> None:
    """Keep the place. Raises CheckpointError if it cannot be written."""
    kept = {**read_json(run.folder / PUSHED), key: asdict(place)}
    replace_text(run.folder / PUSHED, json.dumps(kept, indent=1) + "\n")


def new_portions(path: Path, place: Place, most: int) -> Iterator[tuple[list[Line], Place]]:
    """The lines of the metrics that were not pushed, up to `most` at a time, each time with the place after them."""
    lines = list(read_metrics(path))
    grown = place.lines <= len(lines) and (not place.lines or _digest(lines[place.lines - 1]) == place.last)
    new = [
        number for number, line in enumerate(lines) if (number >= place.lines if grown else _step(line) > place.step)
    ]
    step = place.step
    for start in range(0, len(new), most):
        numbers = new[start : start + most]
        portion = [lines[number] for number in numbers]
        step = max(step, *map(_step, portion))
        yield portion, Place(numbers[-1] + 1, _digest(portion[-1]), step, place.identity)


def pushing(run: Run) -> AbstractContextManager[None]:
    """Only one process pushes a run. Raises BusyError if another one does."""
    busy = BusyError(f"Another process pushes the run {run.name}", str(run.folder), "Wait for it, or stop it.")
    return only_process(run, PUSHING, lambda: busy)


def _step(line: Mapping[str, Any]) -> int:
    step = line.get("step")
    return step if isinstance(step, int) else -1


def _digest(line: Line) -> str:
    return hashlib.sha256(json.dumps(line, sort_keys=True).encode()).hexdigest()
