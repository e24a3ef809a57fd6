"""What is learned from a text while it is coded, as a file says it. Knows no model."""

from __future__ import annotations

import struct
from dataclasses import dataclass

MOST_RATE = 1e6


@dataclass(frozen=True)
class Learning:
    """Encoder and decoder learn alike. Without arguments, nothing is learned.

    `rate` is that of a model that adapts (adaptation/rule.py), None for one that stays as it is; a file keeps it as a
    float32. If `mixed`, the prediction is mixed with that of an n-gram that counts the text. It begins with the counts
    of a training text if `counted`, which is that text's checksum, is not None.
    """

    rate: float | None = None
    mixed: bool = False
    counted: bytes | None = None

    def __post_init__(self) -> None:
        if self.rate is not None:
            if not 0 <= self.rate <= MOST_RATE:
                raise ValueError(f"a rate must be 0 to {MOST_RATE:,.0f}")
            object.__setattr__(self, "rate", struct.unpack("<f", struct.pack("<f", self.rate))[0])
        if self.counted is not None and not self.mixed:
            raise ValueError("counts of a training text are of no use without an n-gram")

    def __bool__(self) -> bool:
        """Whether anything is learned."""
        return self.rate is not None or self.mixed


NOTHING = Learning()
