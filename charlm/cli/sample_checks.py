"""What `charlm sample` refuses before it reads anything: values out of range, and options that exclude each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from charlm.config.device_names import check_device_option
from charlm.errors import UsageError

MOST_TOGETHER = 10_000  # samples that are compared, or beginnings of a line


def check_values(
    length: int,
    count: int,
    seed: int | None,
    stops: Sequence[str],
    device: str,
    max_copy: int | None,
    best_of: int | None,
    beam: int | None,
) -> None:
    """Raise UsageError for a value out of range."""
    where = "in the options of sampling"
    if not 0 <= length <= 10**9:
        raise UsageError(f"--length cannot be {length}", where, "Give a number from 0 to 1,000,000,000.")
    if not 1 <= count <= 10**6:
        raise UsageError(f"--count cannot be {count}", where, "Give a number from 1 to 1,000,000.")
    if seed is not None and not 0 <= seed < 2**63:
        raise UsageError(f"--seed cannot be {seed}", where, "Give a number from 0 on, below 2 to the 63rd.")
    if max_copy is not None and max_copy < 1:
        raise UsageError(f"--max-copy cannot be {max_copy}", where, "Give a number of characters, from 1 on.")
    for option, several in (("--best-of", best_of), ("--beam", beam)):
        if several is not None and not 1 <= several <= MOST_TOGETHER:
            raise UsageError(f"{option} cannot be {several}", where, f"Give a number from 1 to {MOST_TOGETHER:,}.")
    if "" in stops:
        raise UsageError("--stop cannot be empty", where, "Give the text to stop before, or leave the option out.")
    check_device_option(device)


def check_together(option: str, others: Mapping[str, bool]) -> None:
    """Raise UsageError if one of the others is given, which cannot go together with the option."""
    for other, given in others.items():
        if given:
            remedy = f"Leave {other} out, or leave {option} out."
            raise UsageError(f"{option} and {other} cannot go together", f"{option} {other}", remedy)
