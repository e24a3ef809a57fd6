"""Arrays as one text of base64, and a list that says where each is. Knows no model and no HTML."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from charlm.page.rounding import Weights, can_hold, decode, encode

ALIGNED = 4  # bytes: JavaScript reads float32 only where they may begin


@dataclass(frozen=True)
class Packed:
    """`arrays` has the kind, shape and offset in bytes of each array."""

    arrays: dict[str, dict[str, Any]]
    content: bytes

    @property
    def text(self) -> str:
        return base64.b64encode(self.content).decode()


def pack(arrays: Mapping[str, np.ndarray], weights: Weights) -> Packed:
    """Arrays (float32) that were rounded already. One that the rounded form would change is kept as float32."""
    found: dict[str, dict[str, Any]] = {}
    content = bytearray()
    for name, value in arrays.items():
        kind: Weights = weights if value.ndim == 2 and _stays(value, weights) else "float32"
        content += bytes(-len(content) % ALIGNED)
        found[name] = {"kind": kind, "shape": list(value.shape), "at": len(content)}
        content += encode(value, kind)
    return Packed(found, bytes(content))


def _stays(matrix: np.ndarray, weights: Weights) -> bool:
    return can_hold(matrix, weights) and np.array_equal(decode(encode(matrix, weights), matrix.shape, weights), matrix)
