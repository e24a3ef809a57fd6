"""Opens checkpoints, trusted or not: everything is bounded, compared and checked before it is used. Knows no torch."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as from_safetensors

from charlm.cells.naming_files import files_of
from charlm.cells.own_files import CellFileError, own_class
from charlm.cells.stacks import stack_problems
from charlm.checkpoint.bounded_json import parse_bounded_json
from charlm.checkpoint.contents import Checkpoint, Description, decode_description
from charlm.checkpoint.kinds_of_model import parameter_shapes_of
from charlm.config.settings import ModelSettings
from charlm.errors import CheckpointError, IntegrityError
from charlm.runs.folder import DESCRIPTION, MODEL, TRAINING
from charlm.text.vocabulary import Vocabulary
from charlm.version import __version__

LARGEST_DESCRIPTION = 16 * 2**20  # bytes; a vocabulary of every code point takes 13 million of them
LARGEST_HEADER = 2**20  # bytes of a safetensors header
# The errors of parsing and unpacking. numpy raises OverflowError for a length beyond any array.
UNUSABLE = (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError, SafetensorError)
REMEDY = "Use another checkpoint of the run (`charlm runs show` lists them), or train again."


def _read(path: Path, limit: int) -> bytes:
    """The content of a regular file. It may be a link to one, as in the cache of a hub: what it holds is checked."""
    try:
        if not path.is_file():
            raise CheckpointError(f"The checkpoint has no file {path.name}", str(path.parent), REMEDY)
        size = path.stat().st_size
        if size > limit:
            raise IntegrityError(f"{path.name} has {size:,} bytes, more than it needs", str(path.parent), REMEDY)
        with path.open("rb") as file:
            return file.read(size)  # no more than was checked, even if it grows
    except OSError as error:
        raise CheckpointError(f"{path.name} cannot be read: {error.strerror}", str(path.parent), REMEDY) from error


def _verified(folder: Path, name: str, body: Description) -> bytes:
    """The content of a file, compared with its size and sha256 in checkpoint.json."""
    if name not in body.files:
        raise IntegrityError(f"{DESCRIPTION} does not mention {name}", str(folder), REMEDY)
    record = body.files[name]
    content = _read(folder / name, record.size)
    if len(content) != record.size or hashlib.sha256(content).hexdigest() != record.sha256:
        raise IntegrityError(f"{name} is not as it was written: its checksum does not match", str(folder), REMEDY)
    return content


def _declared(content: bytes) -> dict[str, tuple[str, tuple[int, ...]]]:
    """dtype and shape of each array from the header of a safetensors file, without loading them. Raises ValueError."""
    length = int.from_bytes(content[:8], "little")
    if not 0 < length <= min(LARGEST_HEADER, len(content) - 8):
        raise ValueError("its header has an impossible length")
    header = parse_bounded_json(content[8 : 8 + length])
    header.pop("__metadata__", None)
    return {name: (entry["dtype"], tuple(entry["shape"])) for name, entry in header.items()}


def _parameters(folder: Path, content: bytes, expected: dict[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    wanted = {name: ("F32", shape) for name, shape in expected.items()}
    try:
        if _declared(content) != wanted:
            raise ValueError("its arrays are not those that the settings call for")
        arrays = from_safetensors(content)
    except UNUSABLE as error:
        raise IntegrityError(f"{MODEL} cannot be used: {error}", str(folder), REMEDY) from error
    _check_finite(folder, MODEL, arrays)
    return {name: arrays[name] for name in expected}  # the library gives another order each time


def _check_finite(folder: Path, file: str, arrays: dict[str, np.ndarray]) -> None:
    for name, array in arrays.items():
        # min and max take no mask as long as the array; both are NaN if any value is
        if array.size and not np.isfinite([array.min(), array.max()]).all():
            raise IntegrityError(f"{file} holds numbers in {name} that are not finite", str(folder), REMEDY)


def load_checkpoint(folder: Path) -> Checkpoint:
    """Open a checkpoint's folder.

    Raises CheckpointError if a file is missing, IntegrityError if one is not what was written, CellFileError if its
    cell is code in a file that the user has not named.
    """
    body = decode_description(_read(folder / DESCRIPTION, LARGEST_DESCRIPTION), str(folder))
    vocabulary = Vocabulary.from_json(body.vocabulary)
    _require_named_files(body.settings.model, folder)
    if problems := stack_problems(body.settings):
        raise CheckpointError(
            f"This charlm {__version__} lacks the checkpoint's model: {problems[0].what}",
            str(folder),
            f"Use charlm {body.charlm[:40]!r}, which wrote it, or another checkpoint.",
        )
    expected = parameter_shapes_of(body.settings.model, vocabulary.size)
    # The settings bound what is read, so that a small description cannot cause a large allocation.
    bytes_needed = 4 * sum(math.prod(shape) for shape in expected.values()) + LARGEST_HEADER
    if MODEL in body.files and body.files[MODEL].size > bytes_needed:
        raise IntegrityError(f"{MODEL} is larger than its settings call for", str(folder), REMEDY)
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


def _require_named_files(model: ModelSettings, folder: Path) -> None:
    """Raises CellFileError if a cell is code in a file that the user has not named in this process."""
    for file in files_of(model):
        try:
            own_class(file)
        except CellFileError as error:
            raise CellFileError(error.what, f"{folder}, {error.where}", error.remedy) from None


def load_training_arrays(folder: Path) -> dict[str, np.ndarray]:
    """The arrays to resume training from: optimizer, random states, carried state. Errors as for `load_checkpoint`."""
    body = decode_description(_read(folder / DESCRIPTION, LARGEST_DESCRIPTION), str(folder))
    content = _verified(folder, TRAINING, body)
    try:
        _declared(content)  # bounds the header before the library parses it
        arrays = from_safetensors(content)
    except UNUSABLE as error:
        raise IntegrityError(f"{TRAINING} cannot be used: {error}", str(folder), REMEDY) from error
    _check_finite(folder, TRAINING, arrays)
    return dict(sorted(arrays.items()))
