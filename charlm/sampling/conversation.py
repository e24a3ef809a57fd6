"""A conversation with a model: a prompt, an answer, and again. It is a value, and knows no terminal.

The model reads prompts and answers as one text and keeps its state between them. A prompt begins a new line, if the
model knows the newline; an empty one goes on where the last answer ended. A model of records reads every prompt from a
fresh state, as the beginning of a record.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from charlm.errors import CharlmError
from charlm.randomness import sample_stream
from charlm.sampling.loop.generation import Model, Read, generate, read
from charlm.sampling.rules.decoding import Decoding, probabilities
from charlm.sampling.writer import Fragment, Stopped, Writer
from charlm.sampling.writing import opening_ids
from charlm.text.vocabulary import Ids, Vocabulary


@dataclass(frozen=True, eq=False)
class Conversation:
    """What was read so far, and how the next answer is written. Every change gives a new conversation."""

    model: Model[Any]
    vocabulary: Vocabulary
    seed: int
    end: int | None = None  # of a record, in a model of records
    decoding: Decoding = field(default_factory=Decoding)
    length: int = 500  # symbols of an answer
    stops: tuple[str, ...] = ()
    answers: int = 0  # given under this seed; each has random numbers of its own
    after: Read[Any] | None = None  # what the model has read; None at the start, and after a whole record
    earlier: tuple[Read[Any] | None, ...] = ()  # what it had read before each step, for `back`
    kept: Mapping[str, Read[Any] | None] = field(default_factory=dict)  # states by the names that the user gave them

    def hear(self, prompt: Ids) -> Conversation:
        """The model reads a prompt, given as ids (N,)."""
        if self.after is None or (self.end is not None and prompt.size):
            heard = read(self.model, opening_ids(self.vocabulary, prompt, self.end))
        elif prompt.size:
            newline = self.vocabulary.newline
            new_line = [] if newline is None or self.after.ids[-1] == newline else [newline]
            heard = read(self.model, [*new_line, *prompt.tolist()], self.after)
        else:
            heard = self.after
        return self._at(heard)

    def take(self, symbol: int) -> Conversation:
        """The model reads one more symbol. It must have read something."""
        return self._at(read(self.model, [symbol], None if symbol == self.end else self.after))

    def choices(self, most: int) -> list[tuple[int, float]]:
        """The likeliest next symbols, at most `most`, each with its probability under the decoding.

        The model must have read something. Raises IntegrityError if its scores are not finite.
        """
        assert self.after is not None
        recent = deque(self.after.ids, maxlen=self.decoding.repetition_window)
        chances = probabilities(self.after.logits, self.decoding, recent)
        likeliest = np.argsort(-chances, kind="stable")[:most]
        return [(int(symbol), float(chances[symbol])) for symbol in likeliest if chances[symbol]]

    def back(self) -> Conversation:
        """As before the last prompt, choice or loaded state. The answers go on with new random numbers."""
        return replace(self, after=self.earlier[-1], earlier=self.earlier[:-1]) if self.earlier else self

    def keep(self, name: str) -> Conversation:
        """The state is kept under a name."""
        return replace(self, kept={**self.kept, name: self.after})

    def load(self, name: str) -> Conversation:
        """Go on from the state that was kept under a name. Raises KeyError if there is none."""
        return self._at(self.kept[name])

    def _at(self, after: Read[Any] | None) -> Conversation:
        return replace(self, after=after, earlier=(*self.earlier, self.after))


class Answer:
    """An answer as it is written: iterate once over its fragments, to the end or not; `after` is what follows then."""

    def __init__(self, conversation: Conversation) -> None:
        """The model must have read a prompt, which may be empty."""
        self._before = conversation
        self._ids: list[int] = []
        self._text = ""
        self._stopped: Stopped | None = None

    def __iter__(self) -> Iterator[Fragment]:
        """Raises IntegrityError if the model's scores are not finite."""
        before = self._before
        assert before.after is not None
        writer = Writer(before.vocabulary, before.stops, before.end)
        streams = [sample_stream(before.seed, before.answers)]
        for round_ in generate(before.model, before.after, before.decoding, before.length, streams):
            ids, end = round_.ids.get(0, []), round_.ends.get(0)
            if isinstance(end, CharlmError):
                raise end
            fragment = writer.feed(ids)
            if end and not fragment.stopped:
                last = writer.finish(end)
                fragment = replace(last, text=fragment.text + last.text)
            self._add(ids, fragment)
            yield fragment
            if fragment.stopped:
                return
        fragment = writer.finish("length")
        self._add([], fragment)
        yield fragment

    def after(self) -> Conversation:
        """The conversation with what was written so far as a part of it."""
        before = replace(self._before, answers=self._before.answers + 1)
        if self._stopped == "record":
            return replace(before, after=None)
        # what follows a stop text was drawn, but is not part of the answer
        ids = self._ids if self._stopped != "stop" else before.vocabulary.encode(self._text, "skip").ids.tolist()
        return replace(before, after=read(before.model, ids, before.after)) if ids else before

    def _add(self, ids: list[int], fragment: Fragment) -> None:
        self._ids += ids
        self._text += fragment.text
        self._stopped = fragment.stopped
