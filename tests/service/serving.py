"""A `charlm serve` of the tests' own, in a process that has no torch."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

NO_TORCH = "raise ImportError('the service must not import torch')\n"


@dataclass
class Server:
    """A server that runs."""

    url: str
    process: subprocess.Popen[str]
    client: httpx.Client

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.url.removeprefix("http://").rstrip("/").rsplit(":", 1)
        return host, int(port)

    def get(self, path: str, **named: Any) -> httpx.Response:
        return self.client.get(self.url + path, **named)

    def post(self, path: str, body: Any, **named: Any) -> httpx.Response:
        return self.client.post(self.url + path, json=body, **named)

    def complete(self, **body: Any) -> dict[str, Any]:
        answer = self.post("v1/completions", body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def text(self, **body: Any) -> str:
        return self.complete(**body)["choices"][0]["text"]

    def metric(self, name: str) -> float:
        lines = self.get("metrics").text.splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.split("{")[0].split(" ")[0] == name)

    def wait_until(self, name: str, value: float, seconds: float = 20.0) -> None:
        end = time.monotonic() + seconds
        while self.metric(name) != value:
            assert time.monotonic() < end, f"{name} is {self.metric(name)} and not {value}"
            time.sleep(0.05)

    def connect(self) -> socket.socket:
        return socket.create_connection(self.address, timeout=60)


def raw_request(body: dict[str, Any], path: str = "v1/completions") -> bytes:
    """A request for a socket."""
    content = json.dumps(body).encode()
    head = (
        f"POST /{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(content)}"
    )
    return head.encode() + b"\r\n\r\n" + content


@contextlib.contextmanager
def serving(
    folder: Path, runs: Path, *arguments: str, env: dict[str, str] | None = None, number: int = signal.SIGTERM
) -> Iterator[Server]:
    """A server on a free port, ended by this signal."""
    without = folder / "without" / "torch"
    without.mkdir(parents=True, exist_ok=True)
    (without / "__init__.py").write_text(NO_TORCH)
    path = os.pathsep.join(filter(None, [str(without.parent), *sys.path]))
    environment = {**os.environ, "CHARLM_RUNS": str(runs), "PYTHONPATH": path, "PYTHONWARNINGS": "error", **(env or {})}
    command = [sys.executable, "-m", "charlm", "serve", *arguments, "--port", "0"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        url = process.stdout.readline().strip()
        assert url, process.communicate()[1]
        with httpx.Client(timeout=60, trust_env=False, limits=httpx.Limits(max_connections=64)) as client:
            yield Server(url, process, client)
    finally:
        if process.poll() is None:
            process.send_signal(number)
        _, errors = process.communicate(timeout=30)
    assert "Traceback" not in errors, errors
    assert process.returncode == 128 + number, errors
