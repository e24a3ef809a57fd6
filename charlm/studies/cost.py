"""The cost of an update: characters per second and memory, each measured in a fresh process. Knows no study.

In a shared process the peak memory of the first measurement would hide that of the second, and the second would profit
from a warm allocator. `python -m charlm.studies.cost` is that process: it reads settings as YAML on standard input and
prints one JSON object.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

from charlm.cells.own_files import trusted_environment
from charlm.config.settings import Settings
from charlm.config.stored import from_yaml, to_yaml
from charlm.errors import CheckpointError
from charlm.machine import peak_memory


def measure_cost(settings: Settings) -> dict[str, Any]:
    """Median characters per second, and the peak memory in bytes on top of Python and torch.

    The process has its own session, so that Ctrl-C does not interrupt a measurement, which takes a few seconds.
    """
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "charlm.studies.cost"],
        input=to_yaml(settings), capture_output=True, text=True, encoding="utf-8", start_new_session=True,
        env=trusted_environment(),
    )  # fmt: skip
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it printed nothing"])[-1]
        raise CheckpointError("Measuring the cost of an update failed", last, "Run the study again to continue it.")
    return {**json.loads(done.stdout), "seconds": round(time.perf_counter() - began, 3), "diverged": False}


def main() -> None:
    from charlm.benchmark.training_job import measure_training_speed
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
