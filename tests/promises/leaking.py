"""Train and sample for a while, and watch what the process holds on to.

    python leaking.py TEXT FOLDER KIND=STEPS ...

prints a line for each loop: {"growth": bytes, "per_hour": bytes, "files": [fewest, most]}. KIND is `charlm`, or
`naive`, which keeps each step's numbers and each checkpoint's file as careless loops do. Growth is of resident memory
after a third of the steps, which is for warming up; the slope is that of the best line through it.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from pathlib import Path

import numpy as np
import small

from charlm.checkpoint import load_checkpoint
from charlm.engines.choosing import stepper
from charlm.sampling.writing import write_text
from charlm.training.events import Saved, Updated
from charlm.training.journal import write_metrics
from charlm.training.loop import train

EVERY = 20  # steps between two looks, and as many samples of text


def resident() -> int:
    """Bytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def watch(kind: str, length: int, text: Path, folder: Path) -> None:
    training = {
        "steps": length, "validations": length // EVERY, "schedule": "constant",
        "save_every": 0.5, "sample_every": 0.3, "sample_length": 40,
    }  # fmt: skip
    planned = small.plan(folder, text, training, {"hidden_size": 16, "dropout": 0.1})
    looks = np.full((length // EVERY, 3), -1.0)  # all of it in memory from the start: a list would grow itself
    kept, checkpoint = [], None
    gc.collect()
    gc.freeze()  # a hundred thousand objects of imports, which need not be searched at each look
    for event in write_metrics(train(planned), planned.run):
        if isinstance(event, Updated) and kind == "naive":
            kept.append(np.zeros(1000) + event.nats)
        if isinstance(event, Saved):
            checkpoint = load_checkpoint(event.path)
            if kind == "naive":
                kept.append((event.path / "checkpoint.json").open("rb"))
        if isinstance(event, Updated) and event.step % EVERY == 0:
            if checkpoint:
                write_text(stepper(checkpoint.model), checkpoint.vocabulary, "The owl", length=20, seed=event.step)
            gc.collect()
            looks[event.step // EVERY - 1] = time.perf_counter(), resident(), open_files()
    times, memory, files = looks[len(looks) // 3 :].T
    third = len(memory) // 3
    growth = np.median(memory[-third:]) - np.median(memory[:third])
    slope = np.polyfit(times - times[0], memory, 1)[0] * 3600
    print(json.dumps({"growth": growth, "per_hour": slope, "files": [min(files), max(files)]}))


if __name__ == "__main__":
    for kind, _, steps in (argument.partition("=") for argument in sys.argv[3:]):
        watch(kind, int(steps), Path(sys.argv[1]), Path(sys.argv[2]) / kind)
