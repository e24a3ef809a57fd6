"""What becomes of characters that a vocabulary lacks: read as others, as the unknown symbol, or left out.

Knows no model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from charlm.text.vocabulary import Unknown, Vocabulary


@dataclass(frozen=True)
class UnknownCharacters:
    """How often each occurs, and what is read in its place. In a vocabulary of bytes, a character may be a byte."""

    counts: Mapping[str, int]
    read_as: Mapping[str, str]  # of those that are replaced
    has_symbol: bool = False  # the vocabulary has an unknown symbol, as which all others are read

    @classmethod
    def of(cls, vocabulary: Vocabulary, counts: Mapping[str, int], policy: Unknown) -> UnknownCharacters:
        """What `Vocabulary.encode` does with the characters that it counted under this policy."""
        nearest = {one: vocabulary.nearest(one) for one in counts} if policy == "nearest" else {}
        read_as = {one: instead for one, instead in nearest.items() if instead}
        return cls(counts, read_as, vocabulary.unknown_id is not None)

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def left_out(self) -> dict[str, int]:
        """The count of each that is not read at all."""
        return {} if self.has_symbol else self._others

    @property
    def as_symbol(self) -> dict[str, int]:
        """The count of each that is read as the unknown symbol."""
        return self._others if self.has_symbol else {}

    def bytes_of_symbol(self, vocabulary: Vocabulary) -> float:
        """The mean number of bytes in UTF-8 of what is read as the unknown symbol."""
        size = sum(count * vocabulary.bytes_of(one) for one, count in self.as_symbol.items())
        return size / max(1, sum(self.as_symbol.values()))

    @property
    def replaced(self) -> dict[str, int]:
        """The count of each that is read as another."""
        return {one: self.counts[one] for one in self.read_as}

    @property
    def _others(self) -> dict[str, int]:
        return {one: count for one, count in self.counts.items() if one not in self.read_as}
