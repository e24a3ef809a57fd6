"""`charlm` in several real processes, as torchrun would start them, or through torchrun itself."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import AbstractContextManager
from pathlib import Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Several(AbstractContextManager["Several"]):
    """So many processes of one command line, started at once. What each says is kept in a file."""

    def __init__(self, size, *arguments, folder: Path, first_rank=0, size_of_all=None, address="127.0.0.1", port=0,
                 before=(), env=None):  # fmt: skip
        port, self._files = port or free_port(), []
        self.processes = []
        for local in range(size):
            numbers = {
                "RANK": first_rank + local, "WORLD_SIZE": size_of_all or size, "LOCAL_RANK": local,
                "LOCAL_WORLD_SIZE": size, "MASTER_PORT": port,
            }  # fmt: skip
            environment = {**os.environ, "MASTER_ADDR": address, "CHARLM_RUNS": str(folder / "runs"), **(env or {})}
            environment |= {name: str(number) for name, number in numbers.items()}
            path = folder / f"said-{port}-{first_rank + local}.txt"
            self._files.append(path)
            with path.open("w") as said:
                command = [*before, sys.executable, "-m", "charlm", *map(str, arguments)]
                self.processes.append(
                    subprocess.Popen(
                        command,
                        cwd=folder,
                        env=environment,
                        stdin=subprocess.DEVNULL,
                        stdout=subprocess.DEVNULL,
                        stderr=said,
                    )
                )

    def said(self, rank: int) -> str:
        return self._files[rank].read_text(encoding="utf-8")

    def until(self, word: str, seconds=60.0) -> None:
        """Wait until process 0 has said this word."""
        ends = time.monotonic() + seconds
        while word not in self.said(0):
            if time.monotonic() > ends or self.processes[0].poll() is not None:
                raise AssertionError(f"{word!r} was never said: {self.said(0)}")
            time.sleep(0.02)

    def codes(self, seconds=60.0) -> list[int]:
        """The exit codes of all, when all have ended."""
        return [process.wait(seconds) for process in self.processes]

    def __exit__(self, *error: object) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()


def torchrun(size, *arguments, folder: Path, env=None) -> subprocess.CompletedProcess[str]:
    """The command line in so many processes of torchrun."""
    started = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(size), "-m", "charlm")
    return subprocess.run(
        [sys.executable, *started, *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "CHARLM_RUNS": str(folder / "runs"), **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
