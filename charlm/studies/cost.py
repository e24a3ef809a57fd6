"""What an update costs: characters per second and memory, each timing in a fresh process of its own.

In one process the memory of the first would hide that of the second, and its warm allocator would help it.
`python -m charlm.studies.cost` reads settings as YAML on standard input and prints one JSON object.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

from charlm.config.settings import Settings
from charlm.config.stored import from_yaml, to_yaml
from charlm.errors import CheckpointError
from charlm.machine import peak_memory


def measure(settings: Settings) -> dict[str, Any]:
    """Characters per second, median of some updates, and the peak of memory beyond what Python and torch take (bytes).

    The process is in a session of its own, so that a Ctrl-C lets a timing of some seconds end.
    """
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "charlm.studies.cost"],
        input=to_yaml(settings), capture_output=True, text=True, encoding="utf-8", start_new_session=True,
    )  # fmt: skip
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise CheckpointError("The timing of an update failed", last, "Run the study again to go on with it.")
    return {**json.loads(done.stdout), "seconds": round(time.perf_counter() - began, 3), "diverged": False}


def main() -> None:
    from charlm.benchmark import measure_training_speed
    from charlm.engines.precision import compute_for

    settings = from_yaml(sys.stdin.read(), "the settings")
    training = settings.training
    compute = compute_for(settings)
    before = peak_memory()
    speed = measure_training_speed(settings.model, training.batch_size, training.seq_len, compute)
    after = peak_memory()
    memory = None if before is None or after is None else after - before
    print(json.dumps({"characters_per_second": round(speed.median), "peak_memory": memory}))


if __name__ == "__main__":
    main()
