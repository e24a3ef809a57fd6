"""A score, and the units it is read in. Knows nothing of how it came about."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Score:
    """The negative log-likelihood of some characters, in nats: a float64 sum, and how many characters it is over."""

    nats: float
    characters: int

    @property
    def nats_per_character(self) -> float:
        return self.nats / self.characters

    @property
    def bits_per_character(self) -> float:
        return self.nats_per_character / math.log(2)

    @property
    def perplexity(self) -> float:
        """exp of the nats per character: among how many equally likely characters the model seems to choose."""
        try:
            return math.exp(self.nats_per_character)
        except OverflowError:
            return math.inf

    def bits_per_byte(self, size: int) -> float:
        """`size` is the number of bytes that the scored characters take in the text's UTF-8."""
        return self.nats / math.log(2) / size
