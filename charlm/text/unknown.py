"""What becomes of the characters of a text that a vocabulary lacks: read as others, or left out. Knows no model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from charlm.text.vocabulary import Unknown, Vocabulary


@dataclass(frozen=True)
class UnknownCharacters:
    """How often each occurs, and what is read in its place. In a vocabulary of bytes, a character may be a byte."""

    counts: Mapping[str, int]
    read_as: Mapping[str, str]  # of those that are replaced

    @classmethod
    def of(cls, vocabulary: Vocabulary, counts: Mapping[str, int], policy: Unknown) -> UnknownCharacters:
        """What `Vocabulary.encode` does with the characters that it counted under this policy."""
        nearest = {one: vocabulary.nearest(one) for one in counts} if policy == "nearest" else {}
        return cls(counts, {one: instead for one, instead in nearest.items() if instead})

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def left_out(self) -> dict[str, int]:
        """The count of each that is not read at all."""
        return {one: count for one, count in self.counts.items() if one not in self.read_as}

    @property
    def replaced(self) -> dict[str, int]:
        """The count of each that is read as another."""
        return {one: self.counts[one] for one in self.read_as}
