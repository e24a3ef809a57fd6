"""A claim as a file: whose it is, and a count that its holder raises. Knows no other claim and no training.

Its size never changes, so that a beat overwrites it in place and needs no room on a full disk. It is opened and closed
for each beat and each look, after which NFS shows what another machine has written. A reader may meet it half written:
readers compare bytes, and take what cannot be read for a holder who has not written yet.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from charlm.errors import BusyError
from charlm.runs.files import finite_number, write_error

BEAT = 10.0  # seconds between two beats of a holder
WIDTH = 512  # bytes
LONGEST = 100  # characters of a machine's name
REMEDY = "Make room in the folder, or make it writable; then repeat the command."
BINARY = getattr(os, "O_BINARY", 0)  # Windows would change newlines


@dataclass(frozen=True)
class Claim:
    """What a claim says. `held` is False once the holder has left. `machine` tells machines from each other, `host` is
    for people. `beat` is in seconds. `progress` is the share that is done, `nats` the score in training.
    """

    machine: str = ""
    host: str = "another machine"
    pid: int = 0
    beat: float = BEAT
    count: int = 0
    held: bool = True
    progress: float | None = None
    nats: float | None = None

    @property
    def who(self) -> str:
        """`process 4711 on nas2`."""
        return f"process {self.pid} on {self.host}" if self.pid else self.host


def create_claim(path: Path, claim: Claim) -> None:
    """Create the file, as no other process does. Raises BusyError if one has, CheckpointError if it cannot be written.

    What cannot be written stays as an empty claim: nobody else takes its number, and after three beats it is nobody's.
    """
    content = _content(claim)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | BINARY, 0o644)
        try:
            os.write(descriptor, content)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except FileExistsError:
        raise BusyError(f"{path.name} was made by another process just now", str(path), "Repeat the command.") from None
    except OSError as error:
        raise write_error(path.name, path, len(content), REMEDY, error) from error


def renew_claim(path: Path, claim: Claim) -> None:
    """Overwrite the file. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | BINARY)
    try:
        os.write(descriptor, _content(claim))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_claim(path: Path) -> bytes | None:
    """The bytes of a claim; None if there is none. Raises OSError if the folder cannot be read."""
    try:
        return path.read_bytes()[:WIDTH]
    except FileNotFoundError:
        return None


def parse_claim(content: bytes) -> Claim:
    """What the bytes say; whatever cannot be read is as in a claim that says nothing."""
    said: dict[str, Any] = {}
    with suppress(ValueError, RecursionError):
        said = loaded if isinstance(loaded := json.loads(content), dict) else {}
    blank = Claim()
    return Claim(
        machine=_text(said.get("machine"), blank.machine),
        host=_text(said.get("host"), blank.host),
        pid=int(finite_number(said.get("pid")) or 0),
        beat=max(0.01, finite_number(said.get("beat")) or blank.beat),
        count=int(finite_number(said.get("count")) or 0),
        held=said.get("held") is not False,
        progress=finite_number(said.get("progress")),
        nats=finite_number(said.get("nats")),
    )


def _content(claim: Claim) -> bytes:
    values = asdict(claim) | {"machine": claim.machine[:LONGEST], "host": claim.host[:LONGEST]}
    return json.dumps(values).encode()[: WIDTH - 1].ljust(WIDTH - 1) + b"\n"


def _text(value: object, otherwise: str) -> str:
    return value if isinstance(value, str) else otherwise
