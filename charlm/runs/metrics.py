"""metrics.jsonl: measurements of a training, one JSON object a line. Knows nothing of their meaning."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from charlm.runs.files import replace_text, write_error


def append_metrics(path: Path, measured: Mapping[str, Any]) -> None:
    """Add a line. Infinite numbers and NaN become null, since JSON cannot hold them.

    Raises CheckpointError if the file cannot be written.
    """
    finite = {name: None if _is_not_finite(value) else value for name, value in measured.items()}
    line = json.dumps(finite, allow_nan=False) + "\n"
    try:
        with path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(line)
    except OSError as error:
        remedy = "Make room, or make the folder writable; then run `charlm train --resume`."
        raise write_error(path.name, path, len(line.encode()), remedy, error) from error


def _is_not_finite(value: object) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def read_metrics(path: Path) -> Iterator[dict[str, Any]]:
    """The lines in order; none if there is no file. A line that is cut off or damaged is skipped."""
    for _, measured in _lines(path):
        yield measured


def forget_metrics_after(path: Path, step: int) -> None:
    """Delete the measurements after that step, and damaged lines, so that a resumed training can append to the file."""
    if path.exists():
        kept = [line for line, measured in _lines(path) if not _is_later(measured, step)]
        replace_text(path, "".join(f"{line}\n" for line in kept))


def _is_later(measured: Mapping[str, Any], step: int) -> bool:
    at = measured.get("step")
    return isinstance(at, int) and at > step


def _lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The whole lines, each as text and as the object that it holds."""
    if not path.exists():
        return
    with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
        for line in file:
            try:
                measured = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(measured, dict) and line.endswith("\n"):
                yield line.rstrip("\n"), measured
