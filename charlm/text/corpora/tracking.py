"""Tasks for a network that tracks a state, as lines: what is given, the mark `>`, and the answer. Knows no files.

    parity      01101>1          whether the number of ones is odd
    brackets    ([]{(>)})        what closes the brackets that are still open, the last one first

The answer follows from what is given, so the best possible model pays 0 bits. For parity one bit of memory suffices,
which each symbol keeps or turns; a network whose memory can only fade, and never change its sign, cannot do it for
lines of any length (Grazzi et al. 2025). For brackets the memory is a stack (the Dyck languages), as deep as is
allowed.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from charlm.errors import UsageError
from charlm.text.corpora.tasks import MARK, Range

PAIRS = "()", "[]", "{}"  # what opens, and what closes it


def parity_lines(rng: np.random.Generator, length: Range) -> Iterator[str]:
    while True:
        bits = rng.integers(2, size=length.drawn(rng)).tolist()
        yield f"{''.join(map(str, bits))}{MARK}{sum(bits) % 2}"


def bracket_lines(rng: np.random.Generator, kinds: int, length: Range, depth: int) -> Iterator[str]:
    """Brackets of so many kinds, at most `depth` of them open at a time; at least one is open at the end."""
    while True:
        given, opened = "", list[int]()
        steps = length.drawn(rng)
        opens, drawn = rng.random(steps) < 0.5, rng.integers(kinds, size=steps).tolist()
        for step in range(steps):
            last = step == steps - 1
            may_close = bool(opened) and not (last and len(opened) == 1)
            if may_close and (len(opened) == depth or not opens[step]):
                given += PAIRS[opened.pop()][1]
            elif len(opened) < depth:
                opened.append(drawn[step])
                given += PAIRS[opened[-1]][0]
        yield f"{given}{MARK}{''.join(PAIRS[kind][1] for kind in reversed(opened))}"


def check_kinds(kinds: int) -> int:
    """The number itself. Raises UsageError if there are not so many kinds of brackets."""
    if not 1 <= kinds <= len(PAIRS):
        raise UsageError(f"There are 1 to {len(PAIRS)} kinds of brackets", f"--kinds {kinds}", "Give such a number.")
    return kinds
