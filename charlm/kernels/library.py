"""The compiled kernels as Python functions. Knows no torch and no cells: addresses and sizes go in.

Where the library is absent (no compiler when charlm was installed, another processor) `library` gives None, and
whoever asks takes a slower way. Shape letters: T time, B rows, H hidden, N rows of sums.
"""

from __future__ import annotations

import ctypes
import os
from ctypes import Structure, c_double, c_int, c_int64, c_void_p
from functools import cache

from charlm.kernels.building import library_path

UNITS = 64  # the lstm's kernels take units in multiples of this
MOST_SHARES = 16  # threads, at the most, that draw together; drawing.h has room for so many
OFF = "CHARLM_KERNELS"  # set to 0, the environment variable makes charlm do without them


class Window(Structure):
    """One window of an LSTM layer; lstm.h says what each address is of."""

    _fields_ = (
        *((name, c_void_p) for name in ["sums", "ids", "weights", "h", "c", "gates", "d_out", "d_h", "d_c", "d_sums"]),
        *((name, c_int64) for name in ("T", "B", "H")),
    )


class Packing(Structure):
    _fields_ = (("from", c_void_p), ("forward", c_void_p), ("backward", c_void_p), ("H", c_int64))


class Gathering(Structure):
    _fields_ = (("d_sums", c_void_p), ("ids", c_void_p), ("totals", c_void_p), ("N", c_int64), ("columns", c_int64))


class Layer(Structure):
    """One LSTM layer of a stack that goes a character further; stream.h says what each address is of."""

    _fields_ = (
        *((name, c_void_p) for name in ("weights", "sums", "input", "h", "c", "new_h", "new_c")),
        ("K", c_int64),
        ("H", c_int64),
    )


class Stack(Structure):
    """The layers, from the lowest up, and the head."""

    _fields_ = (
        *((name, c_void_p) for name in ("layers", "ids", "head", "bias", "top", "logits")),
        ("count", c_int64),
        ("V", c_int64),
    )


class Drawing(Structure):
    """Rows that draw and read without coming back; drawing.h says what each field is."""

    _fields_ = (
        ("stack", c_void_p),
        ("temperature", c_double),
        *((name, c_void_p) for name in ("us", "drawn", "sums")),
        *((name, c_int64) for name in ("symbols", "rows", "length", "shares", "done")),
        *((name, c_int) for name in ("late", "begun", "failed", "waiting", "meetings")),
        *((name, c_int64) for name in ("start", "waited")),
    )


@cache
def library() -> ctypes.CDLL | None:
    """The library for this processor, or None."""
    path = library_path()
    if os.environ.get(OFF) == "0" or not path.exists():
        return None
    try:
        found = ctypes.CDLL(str(path))
    except OSError:
        return None
    for rows in (found.stream_step, found.lstm_rows_fp32):
        rows.argtypes, rows.restype = (c_void_p, c_int64, c_int64), None
    found.pack_stream.argtypes = (c_void_p, c_void_p, c_int64, c_int64, c_int64, c_int64)
    found.stream_draw.argtypes = (c_void_p,)
    found.pack_stream.restype = found.stream_draw.restype = None
    return found
