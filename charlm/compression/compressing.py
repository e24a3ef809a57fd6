"""A whole text to a compressed file. Knows no paths and no commands.

Memory is bounded: a text is coded in blocks of BLOCK symbols, each with a coder of its own, and from a fresh state if
nothing is learned from the text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import BinaryIO

from charlm.compression.block import encode_block
from charlm.compression.coding import ROW_POWER, Prepared, Progress
from charlm.compression.file_format import BLOCK, CHECKSUM, ONE_ROW, Head, Writer
from charlm.compression.range_coder import Encoder, require_coder
from charlm.compression.symbols import Symbols, read_symbols, windows_line_ends
from charlm.kernels.blas import single_blas_thread

READ = 2**16  # bytes of the text that are read at once


def compress(text: BinaryIO, file: BinaryIO, prepared: Prepared, row_power: int = ROW_POWER) -> Iterator[Progress]:
    """Write the text, to its end, as a compressed file. Rows have about 2^row_power symbols; what learns has one row.

    Raises UsageError if the coder is not installed, IntegrityError for a model whose probabilities are not numbers.
    """
    require_coder()
    coding, learning = prepared.coding, prepared.learning
    row_power = ONE_ROW if learning else row_power
    digest, length = hashlib.sha256(), 0
    first = text.read(READ)
    windows = windows_line_ends(first, coding.vocabulary)

    def blocks() -> Iterator[bytes]:
        nonlocal length
        block = first
        while block:
            digest.update(block)
            length += len(block)
            yield block
            block = text.read(READ)

    with single_blas_thread():
        head = Head(prepared.engine, windows, row_power, coding.checksum(), prepared.first, learning)
        writer, forecasting = Writer(file, head), prepared.forecasting()
        unknown, coded, bits = coding.vocabulary.unknown_id, 0, 0.0
        for symbols, last in _with_last(read_symbols(blocks(), coding.vocabulary, windows, BLOCK)):
            encoder, size = Encoder(), len(symbols.ids)
            for done, used in encode_block(forecasting, unknown, symbols, 2**row_power, encoder):
                share = (coded + done) / (coded + size)  # of the symbols that are read, about the share of the bytes
                yield Progress(round(length * share), writer.written, coded + done, bits + used)
            coded, bits = coded + done, bits + used
            writer.block(size, encoder.words(), last)
        if not coded:
            writer.block(0, b"", last=True)
        writer.end(length, digest.digest()[:CHECKSUM])
    yield Progress(length, writer.written, coded, bits)


def _with_last(pieces: Iterator[Symbols]) -> Iterator[tuple[Symbols, bool]]:
    """Each piece, and whether it is the last one."""
    held = next(pieces, None)
    for piece in pieces:
        assert held is not None
        yield held, False
        held = piece
    if held is not None:
        yield held, True
