"""A compressed file to the text that was given. Knows no paths and no commands.

Everything is compared before a byte is decoded: the file with its CRC, the model and the engine with their checksums.
The text is compared at the end: whoever calls keeps it to himself until then.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from charlm.compression.block import decode_block
from charlm.compression.coding import Coding, Prepared, Progress, begun, counted_checksum
from charlm.compression.engine import engine_name, is_portable, level_of, torch_version
from charlm.compression.file_format import CHECKSUM, Contents
from charlm.compression.range_coder import Decoder, require_coder
from charlm.compression.symbols import ESCAPED, Symbols, symbol_bytes
from charlm.errors import CheckpointError, IntegrityError
from charlm.kernels.blas import single_blas_thread
from charlm.kernels.choosing import SWITCH, built_levels, choose, supported_flags
from charlm.text.vocabulary import Ids

PORTABLE = "or compress the text with --portable, which any machine decodes."
PORTABLE_ALONE = "or compress the text with a run and --portable, without --adapt and --mix: any machine decodes that."


def fits(contents: Contents, coding: Coding) -> bool:
    """Whether the file was compressed with this model."""
    return contents.head.model == coding.checksum()


def prepare(contents: Contents, coding: Coding, name: str, training: Ids | None = None) -> Prepared:
    """The engine that the file was compressed with. `name` is what the file is called in messages; `training` (N,) has
    the ids of the model's training text, if the file says that they were counted.

    Raises CheckpointError if it was compressed with another model or another training text, IntegrityError if with
    another arithmetic.
    """
    if not fits(contents, coding):
        raise CheckpointError(
            "The text was compressed with another model", name, "Give the run that it was compressed with: --run RUN"
        )
    head = contents.head
    if head.learning.counted is not None and (training is None or counted_checksum(training) != head.learning.counted):
        raise CheckpointError(
            "The text was compressed with the counts of another training text",
            name,
            "Decode it where it was compressed, or compress it again there with --no-counts.",
        )
    return _alike(coding.prepared(is_portable(head.engine), head.learning, training), contents, name)


def begin(contents: Contents, name: str) -> Prepared:
    """The model from nothing that the file was compressed with. Raises IntegrityError for another arithmetic."""
    head = contents.head
    assert head.beginning is not None
    assert head.learning.rate is not None
    prepared = begun(head.beginning, head.learning.rate)
    if prepared.coding.checksum() != head.model:
        raise IntegrityError(
            "This charlm begins with other weights than the one that compressed the text",
            name,
            "Decode it with the charlm that compressed it.",
        )
    return _alike(prepared, contents, name)


def _alike(prepared: Prepared, contents: Contents, name: str) -> Prepared:
    """What was prepared, if it computes what the encoder computed."""
    head = contents.head
    portable = PORTABLE_ALONE if head.learning else PORTABLE
    _check_engine(head.engine, prepared.engine, name, portable)
    if prepared.first != head.first:
        torch = "" if head.learning.rate is None else f"; here torch {torch_version()} adapts the model"
        raise IntegrityError(
            "This machine computes other probabilities than the one that compressed the text",
            f"{name}, with {engine_name(head.engine)}{torch}",
            f"Decode it with the charlm{' and the torch' if torch else ''} that compressed it, {portable}",
        )
    return prepared


def decompress(contents: Contents, file: BinaryIO, text: BinaryIO, prepared: Prepared, name: str) -> Iterator[Progress]:
    """Write the text that was compressed.

    Raises IntegrityError if it is not the one that was given, UsageError if the coder is not installed.
    """
    require_coder()
    head, vocabulary = contents.head, prepared.coding.vocabulary
    digest, length, coded, bits = hashlib.sha256(), 0, 0, 0.0
    table = symbol_bytes(vocabulary, head.windows)
    with single_blas_thread():
        forecasting = prepared.forecasting()
        for block in contents.read(file):
            found = Symbols(np.empty(block.size, np.int64), [])
            decoder = Decoder(block.words)
            for done, used in decode_block(
                forecasting, vocabulary.unknown_id, block.size, 2**head.row_power, decoder, found
            ):
                yield Progress(length, file.tell(), coded + done, bits + used)
            coded, bits = coded + done, bits + used
            content = _joined(found, table)
            length += len(content)
            digest.update(content)
            text.write(content)
    if length != contents.length or digest.digest()[:CHECKSUM] != contents.checksum:
        raise IntegrityError(
            "What was decoded is not the text that was compressed",
            f"{name}: the probabilities differ from those of the machine that compressed it",
            f"Decode it there, {PORTABLE_ALONE if head.learning else PORTABLE}",
        )
    yield Progress(length, file.tell(), coded, bits)


def _joined(symbols: Symbols, table: list[bytes]) -> bytes:
    """The bytes of a block's symbols."""
    names = iter(symbols.names)
    return b"".join([next(names) if one == ESCAPED else table[one] for one in symbols.ids.tolist()])


def _check_engine(wanted: int, here: int, name: str, portable: str) -> None:
    if wanted == here:
        return
    level = level_of(wanted)
    if level is not None and _can_load(level):
        remedy = f"Set {SWITCH}={level} for this command, {portable}"
    else:
        remedy = f"Decode it on a machine like the one that compressed it, {portable}"
    raise IntegrityError(
        f"The text was compressed by another engine: {engine_name(wanted)}; here it is {engine_name(here)}",
        name,
        remedy,
    )


def _can_load(level: str) -> bool:
    """Whether the kernels of that level can run here; those of no level always can."""
    built = built_levels()
    found = choose("", built, supported_flags(built)).level
    names = [each.name for each in built]
    return level == "0" or (found is not None and level in names[: names.index(found.name) + 1])
