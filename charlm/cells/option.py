"""The options of a cell: default, range and description. Knows no cell."""

from __future__ import annotations

from dataclasses import Field, dataclass, field
from typing import Any

FEW = 4  # an option of so few values gives a cell its forms


@dataclass(frozen=True)
class Option:
    """A number with a range, or a boolean, which has none. `about` says in a line what the option does."""

    default: float | bool
    about: str
    low: float = 0
    high: float = 1

    def forms(self) -> list[float | bool]:
        """The values beside the default if they are few: the cell then has a few forms, each with its own kernel."""
        if isinstance(self.default, bool):
            return [not self.default]
        if isinstance(self.default, int) and self.high - self.low < FEW:
            return [value for value in range(int(self.low), int(self.high) + 1) if value != self.default]
        return []

    def problem(self, value: object) -> str | None:
        """What is wrong with the value, in words that follow the option's name; None if nothing is."""
        if isinstance(self.default, bool):
            return None if isinstance(value, bool) else "must be true or false"
        if isinstance(value, bool) or not isinstance(value, int | float):
            return "must be a number"
        if isinstance(self.default, int) and not isinstance(value, int):
            return "must be a whole number"
        if not self.low <= value <= self.high:
            return f"must lie between {self.low:g} and {self.high:g}"
        return None


def option(default: float | bool, about: str, low: float = 0, high: float = 1) -> Any:
    """A dataclass field of a cell that is one of its options."""
    return as_field(Option(default, about, low, high))


def as_field(described: Option) -> Any:
    """The field of an option that several cells have."""
    return field(default=described.default, metadata={"option": described})


def option_of(cell_field: Field[Any]) -> Option:
    """The Option that `option` stored in a field."""
    described: Option = cell_field.metadata["option"]
    return described
