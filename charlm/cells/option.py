"""What can be set about a cell. Knows no cell."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Option:
    """A number with its default, the range it may have, and what it does, in a line."""

    default: float
    low: float
    high: float
    about: str

    def problem(self, value: object) -> str | None:
        """What is wrong with the value, in words that follow its name; None if nothing is."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return "must be a number"
        if not self.low <= value <= self.high:
            return f"must lie between {self.low:g} and {self.high:g}"
        return None
