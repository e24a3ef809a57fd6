"""Train and sample for a while, and measure the memory and the open files of the process.

    python leaking.py KIND SECONDS TEXT FOLDER     prints {"steps", "growth": bytes, "per_hour": bytes, "files": [,]}

KIND is `charlm`, or `naive`, which keeps some numbers of each step and an open file of each checkpoint. Growth is
that of resident memory after a third of the time, which is for warming up. The slope is of a fitted line.
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

from charlm.checkpoint import load
from charlm.engines.choosing import stepper
from charlm.sampling.writing import write_text
from charlm.training.events import Saved, Updated
from charlm.training.journal import write_metrics
from charlm.training.loop import train

INTERVAL = 0.1  # seconds between two measurements, each after a sample of text


def resident() -> int:
    """Resident memory of this process, in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def main(kind: str, seconds: float, text: Path, folder: Path) -> None:
    training = {
        "steps": None, "budget": seconds, "validations": max(10, int(seconds)), "schedule": "constant",
        "save_every": 0.5, "sample_every": 0.3, "sample_length": 40,
    }  # fmt: skip
    planned = small.plan(folder, text, training, {"hidden_size": 16, "dropout": 0.1})
    measured = np.full((int(seconds / INTERVAL) + 1, 3), -1.0)  # allocated at once: a list would grow
    number, kept, steps, checkpoint, measured_at = 0, [], 0, None, 0.0
    for event in write_metrics(train(planned), planned.run):
        if isinstance(event, Updated):
            steps += 1
            if kind == "naive":
                kept.append(np.zeros(1000) + event.nats)
        if isinstance(event, Saved):
            checkpoint = load(event.path)
            if kind == "naive":
                kept.append((event.path / "checkpoint.json").open("rb"))
        if checkpoint and time.perf_counter() - measured_at > INTERVAL:
            write_text(stepper(checkpoint.model), checkpoint.vocabulary, "The owl", length=20, seed=steps)
            gc.collect()
            measured_at = time.perf_counter()
            measured[number] = measured_at, resident(), open_files()
            number += 1
    times, memory, files = measured[:number][measured[:number, 0] > measured[0, 0] + seconds / 3].T
    third = len(memory) // 3
    growth = np.median(memory[-third:]) - np.median(memory[:third])
    slope = np.polyfit(times - times[0], memory, 1)[0] * 3600
    print(json.dumps({"steps": steps, "growth": growth, "per_hour": slope, "files": [min(files), max(files)]}))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]))
