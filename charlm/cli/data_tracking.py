"""The tasks of tracking a state under `charlm data synthetic`: parity and brackets. Draws nothing."""

from __future__ import annotations

from typing import Annotated

import typer

from charlm.cli.data_tasks import LONGEST, Commands, Lines, Output, Seed, write_task


def parity(
    length: Annotated[str, typer.Option(metavar="N|A-B", help="Bits of a line.")] = "1-40",
    lines: Lines = 20_000,
    seed: Seed = 1,
    output: Output = None,
) -> None:
    """Make lines of bits, and whether the number of ones is odd: 01101>1."""
    from charlm.text.corpora.tasks import parse_range
    from charlm.text.corpora.tracking import parity_lines

    lengths = parse_range(length, "--length", 1, LONGEST)
    write_task("parity", lambda rng: parity_lines(rng, lengths), lines, seed, output, 2)


def brackets(
    length: Annotated[str, typer.Option(metavar="N|A-B", help="Brackets of a line, without the answer.")] = "1-40",
    depth: Annotated[int, typer.Option(min=1, max=LONGEST, help="Brackets that are open at a time, at most.")] = 8,
    kinds: Annotated[int, typer.Option(metavar="N", help="Kinds of brackets: (), [], {}.")] = 2,
    lines: Lines = 20_000,
    seed: Seed = 1,
    output: Output = None,
) -> None:
    """Make lines of brackets, and what closes those that are still open: ([]{(>)})."""
    from charlm.text.corpora.tasks import parse_range
    from charlm.text.corpora.tracking import bracket_lines, check_kinds

    lengths, count = parse_range(length, "--length", 1, LONGEST), check_kinds(kinds)
    write_task("brackets", lambda rng: bracket_lines(rng, count, lengths, depth), lines, seed, output, count)


COMMANDS: Commands = {
    "parity": (
        parity, ("charlm data synthetic parity --lines 3", "charlm data synthetic parity --length 40-256 -o far.txt")
    ),
    "brackets": (brackets, ("charlm data synthetic brackets --lines 3",)),
}  # fmt: skip
