"""What the pointer shows on a page of surprise, packed: the bits of all characters, and the likeliest of some.

Of each UTF-16 unit of the text a byte: its bits * 4, or 255 within a character of several units. Then, of characters
with at least some bits, the numbers of the likeliest symbols (one byte each, or two, the lower first), and then their
bits * 4, each less those of the one before it. All of it is deflated and in base64: pages/surprise.js unpacks it.

Shape letters: P pieces, K likeliest.
"""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from charlm.display.surprise import SurpriseText
from charlm.display.units import in_bits
from charlm.evaluation.likeliest import Likeliest

# The likeliest are kept from these bits on: the first number with which the data fits.
LEAST_BITS = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 8.0, 64.0)
LEVELS = 4  # of a bit
WITHIN, HIGHEST = 255, 254
TRIED = 1 << 16  # pieces from which the size of the data is estimated
BEST = 1 << 20  # bytes; more are packed faster, and a little worse


@dataclass(frozen=True, eq=False)
class PointerData:
    """`units` (P,): the number of UTF-16 units of each piece; `levels` (P,) its bits * 4; `ids` and `steps` (P, K)."""

    units: npt.NDArray[np.int64]
    levels: npt.NDArray[np.uint8]
    ids: npt.NDArray[Any]
    steps: npt.NDArray[np.uint8]

    @classmethod
    def of(cls, text: SurpriseText, shown: list[str], likeliest: Likeliest, wide: bool) -> PointerData:
        """`shown` are the pieces of the text as they stand on the page; wide: an id needs two bytes."""
        units = np.fromiter(map(len, shown), np.int64, len(shown))
        for place in np.flatnonzero([piece > "\uffff" for piece in shown] if max(shown) > "\uffff" else []).tolist():
            units[place] = len(shown[place].encode("utf-16-le")) // 2
        levels = np.minimum(HIGHEST, np.rint(LEVELS * np.nan_to_num(text.bits))).astype(np.uint8)
        ids = likeliest.ids[text.places].astype("<u2" if wide else np.uint8)
        logs = np.clip(np.rint(-LEVELS * in_bits(1.0) * likeliest.logs[text.places]), 0, 255)
        return cls(units, levels, ids, np.diff(logs, axis=1, prepend=0).astype(np.uint8))

    def fitted(self, room: int) -> tuple[float, str]:
        """The least bits from which the likeliest are kept, and the data; of data that never fits, the smallest."""
        middle = max(0, len(self.units) // 2 - TRIED // 2)
        part = slice(middle, middle + TRIED)
        share = len(self.units) / max(1, len(self.units[part]))
        for least in LEAST_BITS:
            if share > 1 and len(self.packed(least, part)) * share > room and least < LEAST_BITS[-1]:
                continue
            data = self.packed(least)
            if len(data) <= room:
                break
        return least, data

    def packed(self, least: float, part: slice = slice(None)) -> str:
        """The data of a part of the text."""
        units, levels = self.units[part], self.levels[part]
        every = np.full(int(units.sum()), WITHIN, np.uint8)
        every[np.cumsum(units) - units] = levels
        kept = levels >= min(HIGHEST, LEVELS * least)
        content = every.tobytes() + self.ids[part][kept].tobytes() + self.steps[part][kept].tobytes()
        packing = zlib.compressobj(9 if len(content) < BEST else 6, zlib.DEFLATED, -15)
        return base64.b64encode(packing.compress(content) + packing.flush()).decode()
