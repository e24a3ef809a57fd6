"""Many symbols drawn by the stream's kernel in one call: what it is given, and what it gives. Knows no layer.

Shape letters: N steps, B rows, V symbols.
"""

from __future__ import annotations

import ctypes
import math

import numpy as np

from charlm.engines.stream_arrays import address
from charlm.kernels import DrawRule, DrawWalk, StreamDraw, StreamStack
from charlm.model.drawing import RULES, Rules, Walk

ROOM = 4  # arrays (V,) that a thread needs (draw_rules.h)


def draw(
    kernel: ctypes.CDLL,
    stack: StreamStack,
    symbols: int,
    rules: Rules,
    uniforms: np.ndarray,
    walk: Walk | None,
    threads: int,
) -> tuple[np.ndarray, bool]:
    """The ids (n, B) that are drawn with the first n of the random numbers (N, B), float64 in C order, and whether the
    threads waited too long for each other.

    The stack has the logits and the states, which change with what is drawn, as does the walk.
    """
    steps, rows = uniforms.shape
    drawn = np.empty((steps, rows), np.int64)
    scratch = np.empty((threads, ROOM, symbols))
    given = (DrawRule * len(rules))(*(_rule(*rule) for rule in rules))
    walked = None if walk is None else _walk(walk, steps)
    call = StreamDraw(
        stack=ctypes.addressof(stack),
        rules=ctypes.addressof(given),
        walk=walked and ctypes.addressof(walked),
        uniforms=address(uniforms),
        drawn=address(drawn),
        scratch=address(scratch),
        symbols=symbols,
        rows=rows,
        length=steps,
        count=len(rules),
        threads=threads,
    )
    kernel.stream_draw(ctypes.byref(call))
    done = int(call.done)
    if walk is not None:
        walk.left -= done
        walk.bits = walk.bits[:done]
    return drawn[:done], bool(call.contended)


def _rule(name: str, value: float) -> DrawRule:
    if name == "min_p":
        value = math.log(value) if value else -math.inf
    return DrawRule(RULES.index(name), value)


def _walk(walk: Walk, steps: int) -> DrawWalk:
    """The walk as the kernel takes it, which writes into its arrays."""
    rows = len(walk.states)
    walk.states = walk.states.copy()
    walk.written, walk.bits = np.zeros(rows, np.int64), np.zeros((steps, rows))
    arrays = (walk.needed, walk.steps, walk.states, walk.written, walk.bits)
    return DrawWalk(*map(address, arrays), walk.left)
