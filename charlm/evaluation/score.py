"""A score and its units. Knows no model."""

from __future__ import annotations

import math
from dataclasses import dataclass


def in_bits(nats: float) -> float:
    """bits = nats / ln 2."""
    return nats / math.log(2)


@dataclass(frozen=True)
class Score:
    """The negative log-likelihood of some characters: the sum in nats, in float64, and the number of characters."""

    nats: float
    characters: int

    @property
    def nats_per_character(self) -> float:
        return self.nats / self.characters

    @property
    def bits_per_character(self) -> float:
        return in_bits(self.nats_per_character)

    @property
    def perplexity(self) -> float:
        """exp of the nats per character: the number of equally likely characters with the same score."""
        try:
            return math.exp(self.nats_per_character)
        except OverflowError:
            return math.inf

    def bits_per_byte(self, size: int) -> float:
        """`size` is the number of bytes that the scored characters take in UTF-8."""
        return in_bits(self.nats) / size
