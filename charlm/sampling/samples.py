"""The samples that are asked for: drawn or searched for, and of several the likeliest. Knows no terminal, no files."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from charlm.sampling.loop.generation import Model, Read
from charlm.sampling.many.beam import likeliest_line
from charlm.sampling.many.likelihood import likeliest_of
from charlm.sampling.whole_records import Accept, write_records
from charlm.sampling.writer import Fragment, Stopped
from charlm.sampling.writing import Wanted, write_samples
from charlm.text.vocabulary import Vocabulary


def wanted_samples(
    model: Model[Any],
    vocabulary: Vocabulary,
    after: Read[Any],
    wanted: Wanted,
    seed: int,
    count: int,
    begun: str = "",
    accept: Accept | None = None,
    best_of: int | None = None,
    beam: int | None = None,
) -> Iterator[Iterator[Fragment]]:
    """Up to `count` samples, each as fragments, to be read one after the other.

    Of a model of records they are whole records that begin with the text `begun`, and `accept` chooses among them. With
    `best_of`, each is the likeliest of so many; they have their ids then, as `wanted` says. With `beam` there is one:
    the most likely line that a beam of this width finds.
    """
    if beam:
        return iter([iter([_line(model, vocabulary, after, wanted, beam)])])
    drawn = count * (best_of or 1)
    if wanted.end is not None and wanted.length:
        samples = write_records(model, vocabulary, after, wanted, seed, drawn, begun, accept)
    else:
        samples = write_samples(model, vocabulary, after, wanted, seed, range(drawn))
    return likeliest_of(model, after, samples, best_of) if best_of else samples


def _line(model: Model[Any], vocabulary: Vocabulary, after: Read[Any], wanted: Wanted, width: int) -> Fragment:
    """The most likely line, as the only fragment of a sample. A record ends at its end, another text at a newline."""
    ends = {symbol for symbol in (wanted.end, vocabulary.newline if wanted.end is None else None) if symbol is not None}
    line = likeliest_line(model, after, width, wanted.length, ends)
    bits = -line.logprob / math.log(2) / max(1, len(line.ids) + line.ended)
    stopped: Stopped = "length" if not line.ended else "stop" if wanted.end is None else "record"
    return Fragment(vocabulary.decode(line.ids), stopped, line.ids, bits_per_symbol=bits)
