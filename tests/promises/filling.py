"""Fill the disk to one level after another while a checkpoint is written, and count what is lost.

    python filling.py WRITER LIMIT LEVELS FOLDER     prints {"levels": ..., "refused": ..., "bad": [...]}

WRITER is `charlm` or `naive`. LIMIT is `file`, the system's limit on the size of one file, or `disk`: FOLDER is then
on a small file system, which is filled to each level.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import sys
from contextlib import contextmanager, suppress
from pathlib import Path

import durable

from charlm.errors import CheckpointError
from charlm.runs import create_run


@contextmanager
def file_limit(folder: Path, level: float):
    """No file can grow larger than a share of the largest one."""
    largest = max(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(level * (largest + 100)), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


@contextmanager
def full_disk(folder: Path, level: float):
    """Another file fills the disk, all but a share of what a checkpoint needs."""
    page = os.statvfs(folder).f_bsize
    takes = sum(-(-path.stat().st_size // page) + 1 for path in (folder / "run/step-1").iterdir()) * page
    filler = folder.parent / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(page))
    os.truncate(filler, max(0, filler.stat().st_size - int(level * takes)))
    try:
        yield
    finally:
        filler.unlink()


def problem(folder: Path, limited, level: float, again: bool) -> tuple[bool, str]:
    """Whether the disk refused, and what went wrong, if anything. `again` writes a step over itself."""
    shutil.rmtree(folder, ignore_errors=True)
    run = create_run(folder, "run", "run", {})
    durable.write(run, 1, best=True)
    durable.write(run, 2)
    step, refused, wrong = 2 if again else 3, False, ""
    with limited(folder, level):
        try:
            durable.write(run, step)
        except CheckpointError as error:
            refused = True
            if "bytes were needed" not in error.what or "disk is full" not in error.what.lower():
                wrong = f"the message was {error.what}"
            if str(run.folder) not in error.where:
                wrong = f"the place was {error.where}"
        wrong = wrong or durable.what_was_lost(run, 2 if refused else step, (1,))  # while the disk is full
    wrong = wrong or durable.what_was_lost(run, 2 if refused else step, (1,))
    durable.write(run, 4)
    leftover = [path.name for path in run.folder.iterdir() if path.name.startswith(".")]
    return refused, wrong or durable.what_was_lost(run, 4) or (f"left over: {leftover}" if leftover else "")


def main(writer: str, limit: str, levels: int, folder: Path) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    if writer == "naive":
        durable.make_naive()
    limited = {"file": file_limit, "disk": full_disk}[limit]
    outcomes = [problem(folder, limited, number / (levels - 1), number % 2 == 0) for number in range(levels)]
    print(json.dumps({
        "levels": levels,
        "refused": sum(refused for refused, _ in outcomes),
        "bad": [f"level {number}: {wrong}" for number, (_, wrong) in enumerate(outcomes) if wrong],
    }))  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
