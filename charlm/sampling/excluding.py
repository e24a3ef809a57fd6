"""Which wishes about a sample exclude each other. Knows names alone, of keywords of the library as of options."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

MOST_TOGETHER = 10_000  # samples that are compared, or beginnings of a line

CONSTRAINTS = ("regex", "words", "only", "utf8", "max_copy")

# What each is never asked for with, in the order in which it is looked for.
EXCLUDED: Mapping[str, Sequence[str]] = {
    "beam": ("count", "unique", "novel", "best_of", *CONSTRAINTS, "stop"),  # it searches; it draws nothing
    "best_of": ("unique", "novel"),  # these choose among samples, too
    "stop": ("regex", "words"),  # it would cut off what has to be whole
}


def excluded_pair(given: Collection[str], excluded: Mapping[str, Sequence[str]] = EXCLUDED) -> tuple[str, str] | None:
    """The first two of the names that cannot go together; None if all can."""
    pairs = ((one, other) for one, others in excluded.items() if one in given for other in others if other in given)
    return next(pairs, None)
