"""Kill a process that writes checkpoints, at random moments, again and again; count what was said and then lost.

    python killing.py WRITER TRIALS SEED FOLDER      prints {"trials": ..., "saved": ..., "lost": [...]}

WRITER is `charlm`, or `naive`, which writes one file over the last as many programs do. Imports no torch and starts no
thread, so that a fork is cheap and safe.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import sys
import time
from pathlib import Path

import numpy as np

# A kill leaves to the system what was written, synced or not; waiting for the disk would only take longer.
os.fsync = lambda descriptor: None

import durable  # noqa: E402

HIDDEN = 24  # some 4,000 numbers: a checkpoint of about 32 KB


class Charlm:
    """What training does, without the arithmetic. The same step is written again now and then, over itself."""

    def __init__(self, folder: Path) -> None:
        self.run = durable.a_run(folder, HIDDEN)

    def save(self, step: int) -> None:
        durable.write(self.run, step, best=step % 3 == 0, hidden_size=HIDDEN)
        if step % 4 == 0:
            durable.write(self.run, step, hidden_size=HIDDEN)

    def newest(self) -> int:
        checkpoint, _ = durable.newest_good(self.run)
        return checkpoint.step if checkpoint else 0

    def lost(self, said: int) -> str:
        return durable.what_was_lost(self.run, said)


class Naive:
    """One file, written over itself."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "model.npz"
        self.save(2)

    def save(self, step: int) -> None:
        np.savez(self.path, step=step, weights=np.full(8000, step, np.float32))

    def newest(self) -> int:
        try:
            with np.load(self.path) as found:
                whole = (found["weights"] == found["step"]).all()
                return int(found["step"]) if whole else 0
        except Exception:
            return 0

    def lost(self, said: int) -> str:
        newest = self.newest()
        return "" if newest >= said else f"step {said} was saved, and {newest} loads"


def child(writer, step: int, pipe: int) -> None:
    while True:
        step += 1
        writer.save(step)
        os.write(pipe, b"%d\n" % step)


def said_before_its_death(pid: int, pipe: int, seconds: float) -> int:
    """Let the child write for so long, kill it, and give the last step that it said was saved."""
    end, heard = time.perf_counter() + seconds, b""
    while (rest := end - time.perf_counter()) > 0:
        if select.select([pipe], [], [], rest)[0]:
            heard += os.read(pipe, 4096)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    while more := os.read(pipe, 4096):
        heard += more
    return int(heard.split()[-1]) if heard.split() else 0


def main(kind: str, trials: int, seed: int, folder: Path) -> None:
    chance = random.Random(seed)
    writer = {"charlm": Charlm, "naive": Naive}[kind](folder)
    began = time.perf_counter()
    for step in (3, 4):
        writer.save(step)
    takes = (time.perf_counter() - began) / 2
    last, saved, lost = 4, 0, []
    for _ in range(trials):
        reading, writing = os.pipe()
        pid = os.fork()
        if not pid:
            os.close(reading)
            child(writer, max(last, writer.newest()), writing)
        os.close(writing)
        said = said_before_its_death(pid, reading, chance.uniform(0, 4 * takes) + 0.003)
        os.close(reading)
        saved += max(0, said - last)
        last = max(last, said)
        problem = writer.lost(last)
        if problem:
            lost.append(problem)
            writer.save(last)  # as if it had been put back from elsewhere, so that each loss counts once
    print(json.dumps({"trials": trials, "saved": saved, "lost": lost}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
