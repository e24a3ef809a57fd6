"""The machine, as far as a training depends on it: versions, load, disk, terminal, folders. Imports no torch."""

from __future__ import annotations

import importlib.metadata
import locale
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from charlm.diagnosis.finding import Finding, from_error
from charlm.errors import CheckpointError, UsageError
from charlm.kernels.choosing import OFF, SWITCH, built_levels, choice
from charlm.kernels.library import library
from charlm.machine import cores
from charlm.runs import runs_root
from charlm.text.cache import cache_folder
from charlm.version import __version__

LITTLE_DISK = 2 * 10**9  # bytes: a long training of a large model keeps a few hundred megabytes
NO_DISK = 50 * 10**6  # bytes: the smallest preset's checkpoints need some of them
BUSY = 0.5  # of the cores, by others


def machine() -> Iterator[Finding]:
    """Everything that can be said without torch, in a second or less."""
    yield versions()
    yield kernels()
    yield load()
    yield disk(runs_root())
    yield writable("runs", runs_root(), needed=True)
    yield writable("cache", cache_folder(), needed=False)
    yield terminal()


def versions() -> Finding:
    """Of charlm, of what it stands on, and of the system."""
    found = {
        "charlm": __version__,
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in ("torch", "numpy", "safetensors")},
        "system": platform.platform(),
    }
    return Finding("versions", "ok", ", ".join(f"{name} {value}" for name, value in found.items()), facts=found)


def kernels() -> Finding:
    """Which level of the loops in C is used here, and what they would gain."""
    try:
        chosen, found = choice(), library()
    except UsageError as error:
        return from_error("kernels", error)
    level = chosen.level.name if chosen.level and found else None
    facts = {"level": level, "compiled": [each.name for each in built_levels()]}
    if level:
        what = f"level {level}{chosen.reason and f': {chosen.reason}'}"
        if chosen.reason:
            remedy = f"Set {SWITCH} to a level that this processor has, or run `python -m charlm.kernels`."
            return Finding("kernels", "warn", what, remedy, facts)
        return Finding("kernels", "ok", what, facts=facts)
    if os.environ.get(SWITCH) == OFF:
        return Finding("kernels", "warn", f"not used, since {chosen.reason}", f"Unset {SWITCH}.", facts)
    what = "not compiled: an lstm trains at little more than half the speed, and samples at a third"
    if chosen.level:
        what = what.replace("not compiled", f"the library of level {chosen.level.name} cannot be loaded")
    remedy = "Install a C compiler, and run `python -m charlm.kernels`."
    return Finding("kernels", "warn", what, remedy, facts)


def load() -> Finding:
    """How many cores there are, and how busy they are with other things."""
    count = cores()
    cores_are = "one core" if count == 1 else f"{count} cores"
    facts: dict[str, float] = {"cores": count}
    if not hasattr(os, "getloadavg"):
        return Finding("load", "ok", f"{cores_are}; this system tells no load", facts=facts)
    average = os.getloadavg()[0]
    facts["load_average"] = round(average, 2)
    what = f"{cores_are}, load average {average:.2f} in the last minute"
    if average > BUSY * count:
        remedy = "Other programs use the processor: training is slower meanwhile, and a --budget buys fewer steps."
        return Finding("load", "warn", what, remedy, facts)
    return Finding("load", "ok", what, facts=facts)


def disk(folder: Path) -> Finding:
    """Free space where runs are kept."""
    try:
        free = shutil.disk_usage(_existing(folder)).free
    except OSError as error:
        return Finding("disk", "warn", f"{folder.absolute()}: {error.strerror}", "Set CHARLM_RUNS to another folder.")
    what = f"{free / 1e9:,.1f} GB free in {folder.absolute()}, where runs are kept"
    facts = {"free_bytes": free, "folder": str(folder.absolute())}
    remedy = "Make room, or set CHARLM_RUNS to a folder on another disk."
    if free < NO_DISK:
        return Finding("disk", "bad", what, remedy, facts, CheckpointError.exit_code)
    return Finding("disk", "warn" if free < LITTLE_DISK else "ok", what, remedy if free < LITTLE_DISK else "", facts)


def writable(name: str, folder: Path, *, needed: bool) -> Finding:
    """Whether a file can be made there, found out by making one. A folder that is not there yet is not made."""
    there = _existing(folder)
    made = folder.absolute() if there == folder.absolute() else f"{folder.absolute()} (will be made)"
    facts = {"folder": str(folder.absolute()), "exists": there == folder.absolute()}
    try:
        with tempfile.TemporaryFile(dir=there) as file:
            file.write(b"charlm")
    except OSError as error:
        what = f"{folder.absolute()} cannot be written to: {error.strerror}"
        if needed:
            remedy = "Give yourself permission, or set CHARLM_RUNS to a folder of yours."
            return Finding(name, "bad", what, remedy, facts, CheckpointError.exit_code)
        remedy = "Texts are then encoded again each time, in memory; or set CHARLM_CACHE to a folder of yours."
        return Finding(name, "warn", what, remedy, facts)
    return Finding(name, "ok", f"can be written: {made}", facts=facts)


def terminal() -> Finding:
    """Whether what a model writes can be shown."""
    stream = sys.stdout
    encoding = (stream.encoding if stream is not None else None) or "none"
    facts = {
        "encoding": encoding,
        "locale": locale.getencoding(),
        "file_names": sys.getfilesystemencoding(),
        "is_terminal": stream is not None and stream.isatty(),
    }
    where = "a terminal" if facts["is_terminal"] else "no terminal"
    what = f"output in {encoding} to {where}, locale {facts['locale']}, file names in {facts['file_names']}"
    if encoding.lower().replace("-", "") != "utf8":
        remedy = "What it lacks is shown as escapes. Set LANG=C.UTF-8, or PYTHONIOENCODING=utf-8."
        return Finding("encoding", "warn", what, remedy, facts)
    return Finding("encoding", "ok", what, facts=facts)


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    folder = folder.absolute()
    return next(path for path in (folder, *folder.parents) if path.exists() or path == path.parent)
