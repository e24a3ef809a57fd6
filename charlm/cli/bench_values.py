"""What the options of `charlm bench` mean: cells, sizes and counts, as they are typed. Times nothing."""

from __future__ import annotations


def cells_of(wanted: str) -> list[str]:
    """The name of one cell, or of `all`."""
    from charlm.cells.naming_files import own_name
    from charlm.cells.table import CELLS, find_cell

    if wanted == "all":
        return list(CELLS)
    name = own_name(wanted)
    find_cell(name)
    return [name]


def sizes_of(text: str) -> list[tuple[int, int]]:
    """`2x128,2x256` as layers and units. Raises UsageError."""
    return [pair_of(part.strip(), "--sizes") for part in text.split(",")]


def pair_of(text: str, option: str) -> tuple[int, int]:
    """`2x256` as two numbers from 1 on. Raises UsageError."""
    from charlm.errors import UsageError

    first, _, second = text.partition("x")
    if not (first.isdecimal() and second.isdecimal() and int(first) and int(second)):
        raise UsageError(f"{text!r} is not two numbers with an x between them", option, "Write it as 2x256.")
    return int(first), int(second)


def counts_of(text: str, option: str) -> list[int]:
    """`1,64` as numbers from 1 on. Raises UsageError."""
    from charlm.errors import UsageError

    if not all(part.strip().isdecimal() and int(part) for part in text.split(",")):
        raise UsageError(f"{text!r} is not a list of numbers separated by commas", option, "Write them as 1,64.")
    return [int(part) for part in text.split(",")]
