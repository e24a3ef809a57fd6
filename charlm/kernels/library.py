"""The compiled kernels as Python functions. Knows no torch and no cells: it takes addresses and sizes.

The structures repeat those of the C sources, field by field; the comments there say what each field is. Shape letters:
T time, B rows, H hidden, K inputs of a layer, N rows of sums, V symbols.
"""

from __future__ import annotations

import ctypes
from ctypes import Structure, c_char_p, c_double, c_float, c_int, c_int64, c_void_p
from functools import cache
from pathlib import Path

from charlm.kernels.building import Level, library_path
from charlm.kernels.choosing import choice

MOST_INPUTS, MOST_STATES, MOST_STAGES = 12, 8, 14  # of a derived kernel
BLOCK_STAGES = 6  # of what surrounds a cell


class Window(Structure):
    """One window of a layer in a derived kernel (window.h)."""

    memory: object  # what the addresses point into. They keep nothing alive; a thread that has the structure does

    _fields_ = (
        ("projected", c_void_p),
        ("ids", c_void_p),
        ("panels", c_void_p * MOST_INPUTS),
        ("inputs", c_void_p * MOST_INPUTS),
        ("states", c_void_p * MOST_STATES),
        *((name, c_void_p) for name in ("output", "kept", "vectors", "below", "d_output", "d_memory")),
        ("d_states", c_void_p * MOST_STATES),
        *((name, c_void_p) for name in ("columns", "totals", "sums", "d_below", "carried")),
        *((name, c_int64) for name in ("T", "B", "H", "U", "kept_steps")),
        *((name, c_int64) for name in ("projected_row", "d_output_row", "threads", "contended")),
    )


class Packing(Structure):
    """The weights that read one input, and room for them as a derived kernel reads them (window.h)."""

    _fields_ = (
        *((name, c_void_p) for name in ("weights", "forward", "backward")),
        *((name, c_int64) for name in ("P", "H", "U", "repeat")),
    )


class Gathering(Structure):
    """Gradients of sums, to be added up for each symbol (window.h)."""

    _fields_ = (
        ("d_sums", c_void_p),
        ("ids", c_void_p),
        ("totals", c_void_p),
        ("N", c_int64),
        ("columns", c_int64),
        ("stride", c_int64),
    )


class StreamLayer(Structure):
    """One layer of a stack that goes one character further (stream.h)."""

    _fields_ = (
        ("stages", c_void_p * (MOST_STAGES + BLOCK_STAGES)),
        ("block", c_void_p),
        ("places", c_void_p),
        ("x_panels", c_void_p),
        ("panels", c_void_p * MOST_INPUTS),
        *((name, c_void_p) for name in ("sums", "vectors", "below", "x")),
        ("inputs", c_void_p * MOST_INPUTS),
        ("output", c_void_p),
        ("states", c_void_p * MOST_STATES),
        ("new_states", c_void_p * MOST_STATES),
        ("kept", c_void_p),
        ("copied", c_int64 * MOST_INPUTS),
        *((name, c_int64) for name in ("count", "I", "H", "K", "heads", "size", "residual")),
    )


class StreamBlock(Structure):
    """What surrounds the cell of such a layer (stream_block.h)."""

    _fields_ = (
        *((name, c_void_p) for name in ("embedding", "x", "norm", "mlp_norm", "conv")),
        *((name, c_void_p) for name in ("in", "out", "mlp_in", "mlp_out", "recent", "new_recent")),
        *((name, c_void_p) for name in ("gate", "y", "handed", "normed", "read", "inner", "top")),
        *((name, c_int64) for name in ("reach", "mlp", "units", "residual")),
    )


class StreamStack(Structure):
    """The layers, the lowest first, and the head (stream.h)."""

    memory: object  # as in Window

    _fields_ = (
        *((name, c_void_p) for name in ("layers", "ids", "head", "bias", "top", "logits")),
        *((name, c_int64) for name in ("count", "V", "rows")),
    )


class DrawRule(Structure):
    """A rule of decoding (draw_rules.h)."""

    _fields_ = (("kind", c_int64), ("value", c_double))


class DrawWalk(Structure):
    """Rows in an automaton (stream_draw.h)."""

    _fields_ = (*((name, c_void_p) for name in ("needed", "steps", "states", "written", "bits")), ("left", c_int64))


class StreamDraw(Structure):
    """Many characters drawn and read in one call (stream_draw.h)."""

    _fields_ = (
        *((name, c_void_p) for name in ("stack", "rules", "walk", "uniforms", "drawn", "scratch")),
        *((name, c_int64) for name in ("symbols", "rows", "length", "count", "threads", "done")),
        *((name, c_int) for name in ("failed", "ended", "contended")),
    )


class SuffixArray(Structure):
    """A text with its suffix array (suffixes.h)."""

    _fields_ = (("text", c_char_p), ("suffixes", c_void_p), ("N", c_int64), ("width", c_int64))


class MemoryTurn(Structure):
    """One step of a memory with places (memory.h)."""

    _fields_ = (
        *((name, c_void_p) for name in ("asked", "memory", "moved", "first", "written", "read", "after")),
        *((name, c_void_p) for name in ("d_written", "d_read", "d_after", "d_asked", "d_memory", "d_moved")),
        *((name, c_int64) for name in ("B", "N", "D", "reading", "writing", "reach")),
        ("start", c_float),
        ("limit", c_float),
    )


STRUCTURES: tuple[type[Structure], ...] = (
    Window,
    Packing,
    Gathering,
    StreamLayer,
    StreamBlock,
    StreamStack,
    DrawRule,
    DrawWalk,
    StreamDraw,
    SuffixArray,
    MemoryTurn,
)


def compare_layouts(found: ctypes.CDLL, structures: tuple[type[Structure], ...] = STRUCTURES) -> None:
    """Raise RuntimeError if a structure has another layout than in C.

    The library's name has a hash of its sources in it, so this cannot be an old library: this file is wrong.
    """
    for structure in structures:
        name, last = structure.__name__, structure._fields_[-1][0]
        here = [ctypes.sizeof(structure), getattr(structure, last).offset]
        in_c = list((c_int64 * 2).in_dll(found, f"{name}_layout"))
        if here != in_c:
            raise RuntimeError(
                f"charlm/kernels/library.py does not repeat the C struct {name}: (size, offset of the last field) is "
                f"{tuple(here)} in Python and {tuple(in_c)} in C. Make the fields the same, in the same order."
            )


@cache
def library() -> ctypes.CDLL | None:
    """The kernels in the best level for this processor; None if there is none, or if the user turned them off."""
    level = choice().level
    return None if level is None else library_of(level)


@cache
def library_of(level: Level) -> ctypes.CDLL | None:
    """The kernels in this level, which the processor must have; None if the system cannot load them."""
    return load_library(library_path(level))


def load_library(path: Path) -> ctypes.CDLL | None:
    """The kernels in a library that was compiled from these sources; None if the system cannot load it."""
    try:
        found = ctypes.CDLL(str(path))
    except OSError:
        return None
    compare_layouts(found)
    found.stream_step.argtypes, found.stream_step.restype = (c_void_p, c_int64, c_int64), None
    found.stream_pack.argtypes = (c_void_p, c_void_p, c_int64, c_int64)
    found.stream_draw.argtypes = (c_void_p,)
    found.stream_pack.restype = found.stream_draw.restype = None
    found.ngram_new.argtypes, found.ngram_new.restype = (c_int64, c_int64), c_void_p
    found.ngram_copy.argtypes, found.ngram_copy.restype = (c_void_p,), c_void_p
    found.ngram_free.argtypes, found.ngram_free.restype = (c_void_p,), None
    found.ngram_count.argtypes = (c_void_p, c_void_p, c_void_p, c_int64)
    found.ngram_read.argtypes = (c_void_p, c_void_p, c_void_p, c_int64, c_int, c_void_p, c_void_p)
    found.ngram_step.argtypes = (c_void_p, c_void_p, c_void_p, c_int64, c_int, c_void_p)
    sizes, rates = (c_int64,) * 3, (c_double, c_double)
    found.mix_log_linear.argtypes = (*(c_void_p,) * 5, *sizes, *rates, c_int64, c_int64, c_void_p, c_void_p)
    found.mix_log_linear.restype = None
    found.run_ending.argtypes, found.run_ending.restype = (c_void_p, c_char_p, c_int64, c_int64), c_int64
    found.next_run.argtypes, found.next_run.restype = (c_void_p, c_char_p, c_int64, c_int64, c_int64), c_int64
    found.memory_forward.argtypes = found.memory_backward.argtypes = found.memory_room.argtypes = (c_void_p,)
    found.memory_room.restype = c_int64
    found.ngram_count.restype = found.ngram_read.restype = found.ngram_step.restype = c_int64
    return found
