"""A whole text to a compressed file. Knows no paths and no commands.

Memory is bounded: a text is coded in blocks of BLOCK symbols, each with a coder of its own, and from a fresh state if
nothing is learned from the text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

import numpy as np

from charlm.compression.block import encode_block
from charlm.compression.coding import ROW_POWER, Prepared, Progress
from charlm.compression.file_format import BLOCK, CHECKSUM, ONE_ROW, Head, Writer
from charlm.compression.range_coder import Encoder, require_coder
from charlm.compression.symbols import Symbols, read_symbols, windows_line_ends
from charlm.kernels.blas import single_blas_thread

GROWING_ROWS = 16
LEAST_POWER, MOST_POWER = 10, 16
READ = 2**16  # bytes of the text that are read at once


def compress(text: BinaryIO, file: BinaryIO, prepared: Prepared, row_power: int = ROW_POWER) -> Iterator[Progress]:
    """Write the text, to its end, as a compressed file. Rows have about 2^row_power symbols. A trained model that
    learns reads one row, and a model that begins from nothing about 16.

    Raises UsageError if the coder is not installed, IntegrityError for a model whose probabilities are not numbers.
    """
    require_coder()
    coding, learning = prepared.coding, prepared.learning
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
        pieces = read_symbols(blocks(), coding.vocabulary, windows, BLOCK)
        if prepared.beginning:
            piece = next(pieces, Symbols(np.empty(0, np.int64), []))
            row_power, pieces = growing_power(len(piece.ids)), chain([piece] if len(piece.ids) else [], pieces)
        elif learning:
            row_power = ONE_ROW
        checksum = coding.checksum()
        head = Head(prepared.engine, windows, row_power, checksum, prepared.first, learning, prepared.beginning)
        writer, forecasting = Writer(file, head), prepared.forecasting()
        unknown, coded, bits = coding.vocabulary.unknown_id, 0, 0.0
        for symbols, last in _with_last(pieces):
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


def growing_power(symbols: int) -> int:
    """The row length, as a power of 2, of a text whose first block has so many symbols, for a model that begins from
    nothing: it reads about 16 rows. A short text has fewer, as each row begins without a past."""
    return min(max((symbols // GROWING_ROWS).bit_length() - 1, LEAST_POWER), MOST_POWER)


def _with_last(pieces: Iterator[Symbols]) -> Iterator[tuple[Symbols, bool]]:
    """Each piece, and whether it is the last one."""
    held = next(pieces, None)
    for piece in pieces:
        assert held is not None
        yield held, False
        held = piece
    if held is not None:
        yield held, True
