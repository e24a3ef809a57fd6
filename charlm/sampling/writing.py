"""Writing: from a prompt to text, for one sample or for many under one seed. Knows no terminal and no files.

Samples that share a model are generated together, if it is batch invariant, and read one after the other. How they are
generated makes no difference to their text, nor to errors: the error of a sample is raised when that sample is read.

A model of records (`text.records`) begins every record fresh from the end symbol and ends it at the next one; a prompt
is then the beginning of a record, and only what follows its last end symbol counts. Other models read the whole
prompt. If there is nothing to read, the model reads a start symbol that is not part of the text: the newline or, if the
vocabulary has none, its first character.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from io import StringIO
from typing import Any

import numpy as np

from charlm.errors import CharlmError
from charlm.randomness import sample_stream
from charlm.sampling.loop.generation import Model, Read, generate, read
from charlm.sampling.loop.masks import NO_MASKS, Masks
from charlm.sampling.loop.rows import EndedBy, Round
from charlm.sampling.rules.decoding import Decoding
from charlm.sampling.writer import Fragment, Stopped, Writer
from charlm.text.vocabulary import Ids, Unknown, Vocabulary

MOST_ROWS = 64  # samples that are generated together
MOST_UNREAD = 2**24  # symbols that are generated together: most of them are kept until they are read


@dataclass(frozen=True)
class Wanted:
    """What is asked of every sample: how symbols are chosen, how many at most, and what ends the text earlier.

    `length` counts symbols: characters, or bytes in a model of bytes. The symbol `end` ends the text, if
    it is given. `masks` are what is forbidden. With `ids`, the last fragment has the ids that were drawn.
    """

    decoding: Decoding
    length: int
    stops: Sequence[str] = ()
    end: int | None = None
    masks: Masks = NO_MASKS
    ids: bool = False


def opening_ids(vocabulary: Vocabulary, prompt: Ids, end: int | None = None) -> list[int]:
    """The ids (N,), N > 0, that a model reads before it continues a prompt, given as ids. `end` ends a record."""
    ids: list[int] = prompt.tolist()
    return (ids or [vocabulary.start]) if end is None else [end, *record_begun(ids, end)]


def record_begun(ids: list[int], end: int | None) -> list[int]:
    """The part of a prompt that begins the record; all of it if there are no records."""
    return ids[len(ids) - ids[::-1].index(end) :] if end is not None and end in ids else ids


def write_samples(
    model: Model[Any], vocabulary: Vocabulary, after: Read[Any], wanted: Wanted, seed: int, numbers: range
) -> Iterator[Iterator[Fragment]]:
    """The samples of these numbers under the seed, each as fragments of text that come as soon as they are certain.

    Each sample has to be read before the next one is asked for. Reading one raises IntegrityError if the model's scores
    for it are not finite, and UsageError if it cannot go on under its masks.
    """
    together = 1
    if getattr(model, "batch_invariant", False):
        together = min(MOST_ROWS, max(1, MOST_UNREAD // max(1, wanted.length)))
    for first in range(0, len(numbers), together):
        streams = [sample_stream(seed, number) for number in numbers[first : first + together]]
        block = _Block(model, vocabulary, after, wanted, streams)
        yield from map(block.fragments, range(len(streams)))


def write_text(
    model: Model[Any],
    vocabulary: Vocabulary,
    prompt: str = "",
    decoding: Decoding | None = None,
    *,
    length: int,
    seed: int,
    sample: int = 0,
    stops: Sequence[str] = (),
    end: int | None = None,
    masks: Masks = NO_MASKS,
    unknown: Unknown = "skip",
) -> str:
    """Sample number `sample` under a seed as one string: what `charlm sample` writes after the prompt."""
    after = read(model, opening_ids(vocabulary, vocabulary.encode(prompt, unknown).ids, end))
    wanted = Wanted(decoding or Decoding(), length, stops, end, masks)
    samples = write_samples(model, vocabulary, after, wanted, seed, range(sample, sample + 1))
    return "".join(fragment.text for fragment in next(samples))


class _Block:
    """Samples that are generated together and read one after the other. The text of those that wait is kept."""

    def __init__(
        self,
        model: Model[Any],
        vocabulary: Vocabulary,
        after: Read[Any],
        wanted: Wanted,
        streams: Sequence[np.random.Generator],
    ) -> None:
        self._writers = [Writer(vocabulary, wanted.stops, wanted.end) for _ in streams]
        self._unread = [StringIO() for _ in streams]
        self._ids = [array("I") for _ in streams] if wanted.ids else []
        self._bits: Callable[[int], float] | None = None
        self._ends: dict[int, Stopped | CharlmError] = {}
        # This view of the keys is live, so a sample that ends here is not generated any further.
        ended, masks = self._ends.keys(), wanted.masks
        self._rounds = generate(model, after, wanted.decoding, wanted.length, streams, ended, masks)

    def fragments(self, sample: int) -> Iterator[Fragment]:
        """The text of a sample: what was kept of it, then the rest as it is generated.

        Raises the sample's error, if it has one.
        """
        if text := self._unread[sample].getvalue():
            self._unread[sample] = StringIO()
            yield Fragment(text)
        end = self._ends.get(sample)
        if isinstance(end, CharlmError):
            raise end
        if end:
            yield self._with_facts(sample, Fragment("", end))
            return
        for round_ in self._rounds:
            own = self._feed(round_, sample)
            end = self._ends.get(sample)
            if isinstance(end, CharlmError):
                raise end
            if own.text or own.stopped:
                yield self._with_facts(sample, own) if own.stopped else own
            if own.stopped:
                return
        yield self._with_facts(sample, self._writers[sample].finish("length"))

    def _feed(self, round_: Round, sample: int) -> Fragment:
        """Keep what the round gives the other samples; gives what it gives this one."""
        own = Fragment("")
        for other in {**round_.ids, **round_.ends}:
            fragment = self._written(other, round_.ids.get(other, []), round_.ends.get(other))
            if other == sample:
                own = fragment
            else:
                self._unread[other].write(fragment.text)
        self._bits = round_.bits
        return own

    def _written(self, sample: int, symbols: list[int], end: EndedBy | CharlmError | None) -> Fragment:
        """What is certain of a sample's text after these symbols, and after its end, if it has ended."""
        if self._ids:
            self._ids[sample].extend(symbols)
        fragment = self._writers[sample].feed(symbols)
        if isinstance(end, CharlmError):
            self._ends[sample] = end
            return fragment
        if end and not fragment.stopped:
            last = self._writers[sample].finish(end)
            fragment = replace(last, text=fragment.text + last.text)
        if fragment.stopped:
            self._ends[sample] = fragment.stopped
        return fragment

    def _with_facts(self, sample: int, last: Fragment) -> Fragment:
        ids = tuple(self._ids[sample]) if self._ids else ()
        return replace(last, ids=ids, bits=self._bits and self._bits(sample))
