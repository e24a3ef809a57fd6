"""Kill a process that writes checkpoints at random moments; count the checkpoints that were reported saved and lost.

    python killing.py WRITER TRIALS SEED FOLDER      prints {"trials": ..., "saved": ..., "lost": [...]}

WRITER is `charlm`, or `naive`, which overwrites one file as many programs do. Imports no torch and starts no thread, so
that forking is cheap and safe.
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
    """Saves as training does, without the arithmetic. Now and then it overwrites a step with itself."""

    def __init__(self, folder: Path) -> None:
        self.run = durable.create_run(folder, HIDDEN)

    def save(self, step: int) -> None:
        durable.write(self.run, step, best=step % 3 == 0, hidden_size=HIDDEN)
        if step % 4 == 0:
            durable.write(self.run, step, hidden_size=HIDDEN)

    def newest(self) -> int:
        checkpoint, _ = durable.newest_whole(self.run)
        return checkpoint.step if checkpoint else 0

    def lost(self, reported: int) -> str:
        return durable.what_was_lost(self.run, reported)


class Naive:
    """Overwrites one file."""

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

    def lost(self, reported: int) -> str:
        newest = self.newest()
        return "" if newest >= reported else f"step {reported} was saved, and {newest} loads"


def child(writer, step: int, pipe: int) -> None:
    while True:
        step += 1
        writer.save(step)
        os.write(pipe, b"%d\n" % step)


def last_reported(pid: int, pipe: int, saves: int, seconds: float) -> int:
    """Let the child report so many saves, and write for some seconds more; kill it, and give the last step reported.

    A busy machine stretches both, so some saves are made on any.
    """
    output = b""
    while output.count(b"\n") < saves and (part := os.read(pipe, 4096)):
        output += part
    end = time.perf_counter() + seconds
    while (rest := end - time.perf_counter()) > 0:
        if select.select([pipe], [], [], rest)[0]:
            output += os.read(pipe, 4096)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    while more := os.read(pipe, 4096):
        output += more
    return int(output.split()[-1]) if output.split() else 0


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
        reported = last_reported(pid, reading, chance.randrange(2), chance.uniform(0, 1.5 * takes) + 0.003)
        os.close(reading)
        saved += max(0, reported - last)
        last = max(last, reported)
        problem = writer.lost(last)
        if problem:
            lost.append(problem)
            writer.save(last)  # restore it, so that each loss counts once
    print(json.dumps({"trials": trials, "saved": saved, "lost": lost}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
