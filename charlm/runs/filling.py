"""The hidden folder in which a new run is filled before it gets its name, and the leftovers of killed processes.

<root>/.new-<token>        the folder, until it is renamed
<root>/.new-<token>.lock   held by the process that fills it, and made before the folder

The system frees a lock when its process ends, so a leftover is known by its lock: a process id, which another process
may have by now, is never asked. A disk that several machines share may show a lock to its own machine only. The lock
therefore says which machine it is of, and leftovers of others are cleared only when they are old; so are the folders
of older versions, which have no lock.
"""

from __future__ import annotations

import secrets
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

HIDDEN = ".new-"  # no run's name begins with a dot
LOCKED = ".lock"
OLD = 3600.0  # seconds; a folder is filled within milliseconds


@contextmanager
def new_folder(root: Path) -> Iterator[Path]:
    """An empty hidden folder in `root`, which the caller fills and renames. What is left of it at the end is deleted.

    Raises OSError if it cannot be made.
    """
    from filelock import FileLock, Timeout

    folder = guard = None
    while guard is None:
        folder = root / f"{HIDDEN}{secrets.token_hex(6)}"
        held = FileLock(f"{folder}{LOCKED}", timeout=0)
        with suppress(Timeout):  # another process takes it for a leftover
            held.acquire()
            guard = held
    assert folder is not None
    lock = Path(f"{folder}{LOCKED}")
    try:
        with suppress(OSError):  # Windows lets nobody write there now: the leftover is then one of another machine
            lock.write_text(socket.gethostname(), encoding="utf-8")
        folder.mkdir()
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):
            lock.unlink()
        guard.release()


def clear_leftovers(root: Path) -> None:
    """Delete what killed processes left behind while they created a run. What cannot be deleted stays."""
    with suppress(OSError):
        found = {path.name.removesuffix(LOCKED) for path in root.iterdir() if path.name.startswith(HIDDEN)}
        for name in found:
            _clear(root / name, root / f"{name}{LOCKED}")


def _clear(folder: Path, lock: Path) -> None:
    from filelock import FileLock, Timeout

    with suppress(OSError, NotImplementedError, Timeout):  # no locks on this disk; or the process is alive
        if not (_is_of_this_machine(lock) or _is_old(lock if lock.exists() else folder)):
            return
        with FileLock(lock, timeout=0):
            if folder.is_dir() and not folder.is_symlink():
                shutil.rmtree(folder, ignore_errors=True)
            lock.unlink()


def _is_of_this_machine(lock: Path) -> bool:
    try:
        return lock.read_text(encoding="utf-8") == socket.gethostname()
    except (OSError, UnicodeDecodeError):
        return False


def _is_old(path: Path) -> bool:
    return time.time() - path.stat().st_mtime > OLD
