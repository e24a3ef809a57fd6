"""Whole records: samples of a model of records, without empty ones and without those that are not wanted.

Sample number 0 is tried first, then 1, and so on, so that a seed gives the same records. Knows no terminal, no files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from charlm.sampling.loop.generation import Model, Read
from charlm.sampling.writer import Fragment
from charlm.sampling.writing import Wanted, write_samples
from charlm.text.vocabulary import Vocabulary

LONGEST = 5000  # symbols of a record, unless the user gives another number
TRIES = 100  # samples that are tried for each record that is wanted, before the search ends

Accept = Callable[[str], bool]


def write_records(
    model: Model[Any],
    vocabulary: Vocabulary,
    after: Read[Any],
    wanted: Wanted,
    seed: int,
    count: int,
    begun: str = "",
    accept: Accept | None = None,
) -> Iterator[Iterator[Fragment]]:
    """Up to `count` records, each as fragments; fewer if too few of the samples are wanted.

    `begun` is the text that the model read as the beginning of each record. A record is empty if it has nothing but
    white space. With `accept`, a record comes at once, after `accept` has seen all of it; else as it is written. Each
    record has to be read before the next one is asked for. Raises IntegrityError as `write_samples` does.
    """
    given = tried = 0
    while given < count and tried < count * TRIES:
        numbers = range(tried, tried + count - given)
        tried = numbers.stop
        for fragments in write_samples(model, vocabulary, after, wanted, seed, numbers):
            chosen = _not_empty(fragments, begun) if accept is None else _accepted(fragments, begun, accept)
            if chosen is not None:
                given += 1
                yield chosen


def _not_empty(fragments: Iterator[Fragment], begun: str) -> Iterator[Fragment] | None:
    """The fragments, if there is text in them; they are read up to the first text."""
    held: list[Fragment] = []
    while not (begun.strip() or any(fragment.text.strip() for fragment in held)):
        fragment = next(fragments, None)
        if fragment is None:
            return None
        held.append(fragment)
    return _joined(held, fragments)


def _accepted(fragments: Iterator[Fragment], begun: str, accept: Accept) -> Iterator[Fragment] | None:
    whole = list(fragments)
    text = begun + "".join(fragment.text for fragment in whole)
    return iter(whole) if text.strip() and accept(text) else None


def _joined(held: list[Fragment], rest: Iterator[Fragment]) -> Iterator[Fragment]:
    yield from held
    yield from rest
