"""Numbers that a user gives, and the ranges that they have to lie in. Knows no command."""

from __future__ import annotations

SEEDS = 0, 2**63 - 1, "from 0 on, below 2 to the 63rd"


def require_within(option: str, value: int, least: int, most: int, expected: str) -> None:
    """Raise UsageError if the value of an option is not in its range, which `expected` names: from 1 to 10."""
    from charlm.errors import UsageError

    if not least <= value <= most:
        raise UsageError(f"{option} cannot be {value}", f"{option} {value}", f"Give a number {expected}.")
