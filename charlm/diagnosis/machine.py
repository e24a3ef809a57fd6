"""Checks of the machine: versions, kernels, load, disk, folders, terminal. Imports no torch, knows no text."""

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

from charlm.diagnosis.finding import Finding, finding_from_error
from charlm.errors import CheckpointError, UsageError
from charlm.kernels.choosing import OFF, SWITCH, built_levels, choice
from charlm.kernels.library import library
from charlm.machine import cores, processor_quota, threads_of_environment, usable_threads
from charlm.runs import runs_root
from charlm.text.cache import cache_folder
from charlm.version import __version__

LITTLE_DISK = 2 * 10**9  # bytes: checkpoints of a large model take a few hundred megabytes
NO_DISK = 50 * 10**6  # bytes: not enough even for the checkpoints of the smallest preset
BUSY = 0.5  # load average per core


def check_machine() -> Iterator[Finding]:
    """All checks that need no torch, in a second or less."""
    yield list_versions()
    yield check_kernels()
    yield check_load()
    yield check_disk(runs_root())
    yield check_writable("runs", runs_root(), needed=True)
    yield check_writable("cache", cache_folder(), needed=False)
    yield check_terminal()


def list_versions() -> Finding:
    """The versions of charlm, of its main dependencies and of the system."""
    found = {
        "charlm": __version__,
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in ("torch", "numpy", "safetensors")},
        "system": platform.platform(),
    }
    return Finding("versions", "ok", ", ".join(f"{name} {value}" for name, value in found.items()), facts=found)


def check_kernels() -> Finding:
    """Which level of the loops in C is used here, and what they would gain."""
    try:
        chosen, found = choice(), library()
    except UsageError as error:
        return finding_from_error("kernels", error)
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


def check_load() -> Finding:
    """How many cores there are, and how busy they are."""
    count = cores()
    cores_are = describe_cores()
    facts: dict[str, float | None] = {
        "cores": count,
        "cores_of_machine": os.cpu_count(),
        "quota": processor_quota(),
        "threads": usable_threads(),
    }
    if not hasattr(os, "getloadavg"):
        return Finding("load", "ok", f"{cores_are}; this system does not report its load", facts=facts)
    average = os.getloadavg()[0]
    facts["load_average"] = round(average, 2)
    what = f"{cores_are}, load average {average:.2f} in the last minute"
    if average > BUSY * count:
        remedy = "Other programs use the processor. Training is slower meanwhile, and a --budget allows fewer steps."
        return Finding("load", "warn", what, remedy, facts)
    return Finding("load", "ok", what, facts=facts)


def describe_cores() -> str:
    """How many cores this process may use, of how many, and what limits it."""
    count, of_machine, quota, asked = cores(), os.cpu_count() or 1, processor_quota(), threads_of_environment()
    cores_are = "one core" if count == 1 else f"{count} cores"
    if count < of_machine:
        cores_are += f" of the machine's {of_machine}"
    if quota is not None and quota <= count:
        cores_are += f", a quota of {quota:g}"
    return cores_are + (f", OMP_NUM_THREADS={asked}" if asked else "")


def check_disk(folder: Path) -> Finding:
    """The free space where runs are kept."""
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


def check_writable(name: str, folder: Path, *, needed: bool) -> Finding:
    """Whether a file can be created in a folder, tested by creating one. A missing folder is not created."""
    folder = folder.absolute()
    existing = _existing(folder)
    facts = {"folder": str(folder), "exists": existing == folder}
    try:
        with tempfile.TemporaryFile(dir=existing) as file:
            file.write(b"charlm")
    except OSError as error:
        what = f"{folder} cannot be written to: {error.strerror}"
        if needed:
            remedy = "Change its permissions, or set CHARLM_RUNS to a folder that you can write to."
            return Finding(name, "bad", what, remedy, facts, CheckpointError.exit_code)
        remedy = "Texts are encoded again each time, in memory. Set CHARLM_CACHE to a folder that you can write to."
        return Finding(name, "warn", what, remedy, facts)
    what = f"{folder} can be written to" if existing == folder else f"{folder} can be created"
    return Finding(name, "ok", what, facts=facts)


def check_terminal() -> Finding:
    """Whether the output can show any character."""
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
        remedy = "Characters that it lacks are shown as escapes. Set LANG=C.UTF-8 or PYTHONIOENCODING=utf-8."
        return Finding("encoding", "warn", what, remedy, facts)
    return Finding("encoding", "ok", what, facts=facts)


def _existing(folder: Path) -> Path:
    """The folder, or its nearest parent that exists."""
    folder = folder.absolute()
    return next(path for path in (folder, *folder.parents) if path.exists() or path == path.parent)
