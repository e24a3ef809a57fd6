"""What general compressors make of a text: its size alone, and after another text. Knows no symbols, only bytes.

After another text means: the size of both together less the size of the other one alone. So a compressor has seen what
a model was trained on, and learns while it reads, as compressors do.
"""

from __future__ import annotations

import bz2
import lzma
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from charlm.errors import UsageError
from charlm.version import install_extra

PPMD_ORDER = 6  # symbols of its longest contexts
PPMD_MEMORY = 64 << 20, 2047 << 20  # bytes, at least and at most; variant H takes less than 2 GiB
PPMD_BYTES = 24  # of memory for each byte of text: what random bytes take, so that it never forgets
LZMA_DICTIONARY = 1 << 16, 1536 << 20  # bytes, at least and at most
INSTALL = f"Install it with: {install_extra('compress')}"

Compressor = Callable[[bytes], int]  # the compressed size in bytes


@dataclass(frozen=True)
class Compressed:
    """Sizes in bytes of a compressed text: alone, and after the other text."""

    alone: int
    after: int


def compress_ppmd(data: bytes) -> int:
    """PPMd, variant H, as 7-Zip has it, of order PPMD_ORDER. Raises UsageError if pyppmd is not installed."""
    try:
        import pyppmd
    except ImportError:
        raise UsageError("PPMd needs pyppmd", "import pyppmd", INSTALL) from None
    least, most = PPMD_MEMORY
    memory = min(max(PPMD_BYTES * len(data), least), most)
    return len(pyppmd.compress(data, max_order=PPMD_ORDER, mem_size=memory, variant="H"))


def compress_xz(data: bytes) -> int:
    """xz -9e, with a dictionary that holds all of the text."""
    least, most = LZMA_DICTIONARY
    dictionary = min(max(1 << len(data).bit_length(), least), most)
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": dictionary}]
    return len(lzma.compress(data, format=lzma.FORMAT_XZ, filters=filters))


def compress_bz2(data: bytes) -> int:
    """bzip2 -9, whose blocks of 900,000 bytes know nothing of each other."""
    return len(bz2.compress(data, 9))


COMPRESSORS: Mapping[str, Compressor] = {"ppmd": compress_ppmd, "xz": compress_xz, "bz2": compress_bz2}


def has_ppmd() -> bool:
    """Whether PPMd can be measured: pyppmd is an extra."""
    from importlib.util import find_spec

    return find_spec("pyppmd") is not None


def compressed_sizes(compress: Compressor, text: bytes, before: bytes) -> Compressed:
    """The sizes of a text, alone and after the one before it."""
    return Compressed(compress(text), compress(before + text) - compress(before))
