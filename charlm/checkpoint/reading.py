"""Opening a checkpoint, possibly one from a stranger: everything is bounded, compared and checked before it is used."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as from_safetensors

from charlm.cells.table import check
from charlm.checkpoint.bounded_json import parse
from charlm.checkpoint.contents import DESCRIPTION, MODEL, TRAINING, Body, Checkpoint, from_json
from charlm.errors import CheckpointError, IntegrityError
from charlm.model.parameters import parameter_shapes
from charlm.text.vocabulary import Vocabulary
from charlm.version import __version__

LARGEST_DESCRIPTION = 16 * 2**20  # bytes; a vocabulary of every code point takes 13 million of them
LARGEST_HEADER = 2**20  # bytes of a safetensors header
# What parsing and unpacking may raise; OverflowError is numpy's for a length beyond any array.
UNUSABLE = (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError, SafetensorError)
OTHERWISE = "Use another checkpoint of the run (`charlm runs show` lists them), or train again."


def _read(path: Path, limit: int) -> bytes:
    try:
        if path.is_symlink() or not path.is_file():
            raise CheckpointError(f"The checkpoint has no file {path.name}", str(path.parent), OTHERWISE)
        size = path.stat().st_size
        if size > limit:
            raise IntegrityError(f"{path.name} has {size:,} bytes, more than it can need", str(path.parent), OTHERWISE)
        return path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"{path.name} cannot be read: {error.strerror}", str(path.parent), OTHERWISE) from error


def _verified(folder: Path, name: str, body: Body) -> bytes:
    """The content of a file that checkpoint.json vouches for."""
    if name not in body.files:
        raise IntegrityError(f"{DESCRIPTION} does not mention {name}", str(folder), OTHERWISE)
    record = body.files[name]
    content = _read(folder / name, record.size)
    if len(content) != record.size or hashlib.sha256(content).hexdigest() != record.sha256:
        raise IntegrityError(f"{name} is not as it was written: its checksum does not match", str(folder), OTHERWISE)
    return content


def _declared(content: bytes) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Type and shape of each array by the safetensors header, without loading any. Raises ValueError."""
    length = int.from_bytes(content[:8], "little")
    if not 0 < length <= min(LARGEST_HEADER, len(content) - 8):
        raise ValueError("its header has an impossible length")
    header = parse(content[8 : 8 + length])
    header.pop("__metadata__", None)
    return {name: (entry["dtype"], tuple(entry["shape"])) for name, entry in header.items()}


def _parameters(folder: Path, content: bytes, expected: dict[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    wanted = {name: ("F32", shape) for name, shape in expected.items()}
    try:
        if _declared(content) != wanted:
            raise ValueError("its arrays are not those that the settings call for")
        arrays = from_safetensors(content)
    except UNUSABLE as error:
        raise IntegrityError(f"{MODEL} cannot be used: {error}", str(folder), OTHERWISE) from error
    _check_finite(folder, MODEL, arrays)
    return arrays


def _check_finite(folder: Path, file: str, arrays: dict[str, np.ndarray]) -> None:
    for name, array in arrays.items():
        # of the extremes, not of a mask as long as the array: a NaN is both of them
        if array.size and not np.isfinite([array.min(), array.max()]).all():
            raise IntegrityError(f"{file} holds numbers in {name} that are not finite", str(folder), OTHERWISE)


def load(folder: Path) -> Checkpoint:
    """Open a checkpoint folder.

    Raises CheckpointError where a file is missing, IntegrityError where one is not what was written.
    """
    body = from_json(_read(folder / DESCRIPTION, LARGEST_DESCRIPTION), str(folder))
    vocabulary = Vocabulary.from_json(body.vocabulary)
    if problems := check(body.settings):
        raise CheckpointError(
            f"The checkpoint is of a model that this charlm {__version__} lacks: {problems[0].what}",
            str(folder),
            f"charlm {body.charlm[:40]!r} made it: use that one, or another checkpoint.",
        )
    expected = parameter_shapes(body.settings.model, vocabulary.size)
    # What the settings call for bounds what is read: a small description cannot ask for a large allocation.
    bytes_needed = 4 * sum(math.prod(shape) for shape in expected.values()) + LARGEST_HEADER
    if MODEL in body.files and body.files[MODEL].size > bytes_needed:
        raise IntegrityError(f"{MODEL} is larger than its settings call for", str(folder), OTHERWISE)
    return Checkpoint(
        folder=folder,
        step=body.step,
        settings=body.settings,
        vocabulary=vocabulary,
        text=body.text,
        scores=body.scores,
        training=body.training,
        parameters=_parameters(folder, _verified(folder, MODEL, body), expected),
    )


def load_arrays(folder: Path) -> dict[str, np.ndarray]:
    """The arrays that training needs to go on: optimizer, random states, carried state. Same errors as `load`."""
    body = from_json(_read(folder / DESCRIPTION, LARGEST_DESCRIPTION), str(folder))
    content = _verified(folder, TRAINING, body)
    try:
        _declared(content)  # a header that costs more than it can need is not left to a library
        arrays = from_safetensors(content)
    except UNUSABLE as error:
        raise IntegrityError(f"{TRAINING} cannot be used: {error}", str(folder), OTHERWISE) from error
    _check_finite(folder, TRAINING, arrays)
    return arrays
