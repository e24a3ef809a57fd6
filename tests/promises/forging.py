"""The tools of a stranger who forges checkpoints and knows their format: all checksums are made right again.

An attack changes a folder in place. What is not about the checksums themselves is sealed like the real thing.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save as to_safetensors

from charlm.checkpoint import Scores, write_checkpoint
from charlm.checkpoint.contents import TextIdentity
from charlm.config.settings import ModelSettings, Settings
from charlm.model.parameters import initial_parameters
from charlm.runs.folder import DESCRIPTION, MODEL, TRAINING
from charlm.text.vocabulary import Vocabulary

VOCABULARY = Vocabulary(tuple(" abé字😀"))
SETTINGS = Settings(model=ModelSettings(hidden_size=8, num_layers=2))

Attack = Callable[[Path], None]


def arrays(settings: Settings = SETTINGS) -> dict[str, np.ndarray]:
    return initial_parameters(settings.model, VOCABULARY.size, np.random.default_rng(0))


def write(folder: Path, settings: Settings = SETTINGS) -> Path:
    write_checkpoint(
        folder,
        step=7,
        settings=settings,
        vocabulary=VOCABULARY,
        text=TextIdentity(name="a book", sha256="0" * 64, characters=100),
        scores=Scores(valid_nats=1.5),
        parameters=arrays(settings),
        training={"position": 3},
        training_arrays={"random": np.arange(5, dtype=np.uint8), "step": np.array(3.0, np.float32)},
    )
    return folder


def body_of(folder: Path) -> dict[str, Any]:
    return json.loads((folder / DESCRIPTION).read_bytes())["body"]


def sealed(body: Any) -> bytes:
    plain = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    return json.dumps({"sha256": hashlib.sha256(plain).hexdigest(), "body": body}, indent=1).encode()


def put(path: Path, content: bytes) -> None:
    """Write it anew: some file systems take milliseconds to cut an old file short."""
    path.unlink(missing_ok=True)
    path.write_bytes(content)


def reseal(folder: Path, body: dict[str, Any] | None = None) -> None:
    """Make every checksum right again."""
    body = body or body_of(folder)
    for name in (MODEL, TRAINING):
        content = (folder / name).read_bytes()
        body["files"][name] = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    put(folder / DESCRIPTION, sealed(body))


def set_in_body(*path: str, to: Any) -> Attack:
    def attack(folder: Path) -> None:
        body = inner = body_of(folder)
        for name in path[:-1]:
            inner = inner[name]
        inner[path[-1]] = to
        (folder / DESCRIPTION).write_bytes(sealed(body))

    return attack


def replace(name: str, content: bytes) -> Attack:
    """Another file in its place; a model's or a training's is vouched for."""

    def attack(folder: Path) -> None:
        (folder / name).write_bytes(content)
        if name != DESCRIPTION:
            reseal(folder)

    return attack


def tensors(header: Any, data: bytes = b"", length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def in_header(change: Callable[[dict[str, Any]], Any], more: bytes = b"") -> Attack:
    """The true file with its header changed: the change may return another header."""

    def attack(folder: Path) -> None:
        content = (folder / MODEL).read_bytes()
        length = int.from_bytes(content[:8], "little")
        header = json.loads(content[8 : 8 + length])
        changed = change(header)
        (folder / MODEL).write_bytes(tensors(header if changed is None else changed, content[8 + length :] + more))
        reseal(folder)

    return attack


def with_arrays(**changed: Any) -> Attack:
    """True arrays but for some; None leaves one out. Double underscores stand for dots."""

    def attack(folder: Path) -> None:
        given = arrays() | {name.replace("__", "."): value for name, value in changed.items()}
        (folder / MODEL).write_bytes(
            to_safetensors({name: value for name, value in given.items() if value is not None})
        )
        reseal(folder)

    return attack


def linked(name: str, target: str) -> Attack:
    def attack(folder: Path) -> None:
        (folder / name).unlink()
        (folder / name).symlink_to(target)

    return attack


def renamed(folder: Path) -> None:
    body = body_of(folder)
    body["files"] = {f"../{folder.name}/{name}": record for name, record in body["files"].items()}
    (folder / DESCRIPTION).write_bytes(sealed(body))


class Payload:
    """What would tell of itself if it were ever unpickled."""

    def __reduce__(self):
        return os.mkdir, ("executed",)


def zipped() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(Payload()))
    return packed.getvalue()


def numpy_pickle() -> bytes:
    packed = io.BytesIO()
    np.save(packed, np.array([Payload()], dtype=object), allow_pickle=True)
    return packed.getvalue()


def odd(name: str, value: float) -> np.ndarray:
    array = arrays()[name].copy()
    array.flat[-1] = value
    return array
