"""One text while it is drawn, as a row of a batch: symbols go in, pieces of text come out. Knows no HTTP and no model.

What a row draws depends on its own prompt, wishes and random numbers alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from charlm.errors import CharlmError
from charlm.sampling.loop.rows import BLOCK
from charlm.sampling.many.likelihood import Choice
from charlm.sampling.rules.decoding import Decoding
from charlm.sampling.writer import Fragment, Stopped, Writer

if TYPE_CHECKING:
    from charlm.service.drawing import Job


@dataclass(frozen=True)
class Asked:
    """What a request asks of each of its texts. `likeliest` is the number of alternatives that are reported for each
    symbol, None if no probabilities are; `echoed` reports those of the prompt, too."""

    decoding: Decoding
    length: int
    stops: Sequence[str] = ()
    likeliest: int | None = None
    echoed: bool = False


@dataclass(frozen=True)
class Piece:
    """What is new of a text, by its number: text, the symbols drawn, and why it ended, if it has.

    `heard` is True for the symbols of a prompt, which are no text.
    """

    number: int
    text: str = ""
    choices: Sequence[Choice] = ()
    stopped: Stopped | None = None
    error: CharlmError | None = None
    heard: bool = False


@dataclass(eq=False)
class Row:
    """A text of a job. It changes with every symbol, and belongs to the thread that draws."""

    job: Job
    number: int
    writer: Writer
    random: np.random.Generator
    recent: deque[int]
    left: int
    ended: bool = False
    _uniforms: np.ndarray = field(default_factory=lambda: np.empty(0))

    def uniforms(self, count: int) -> np.ndarray:
        """The next random numbers in [0, 1): (count,). They stay the next ones until `take`."""
        if self._uniforms.size < count:
            more = self.random.random(max(BLOCK, count))
            self._uniforms = np.concatenate([self._uniforms, more])
        return self._uniforms[:count]

    def take(self, ids: Sequence[int], choices: Sequence[Choice] = ()) -> None:
        """The symbols that were drawn with as many of the random numbers; those beyond the length are dropped."""
        self._uniforms = self._uniforms[len(ids) :]
        ids = ids[: self.left]
        self.left -= len(ids)
        fragment = self.writer.feed(list(ids)) if ids else Fragment("")
        if not fragment.stopped and not self.left:
            last = self.writer.finish("length")
            fragment = replace(last, text=fragment.text + last.text)
        if self.job.asked.decoding.reads_back:
            self.recent.extend(ids)
        self.ended = fragment.stopped is not None
        if fragment.text or choices or self.ended:
            self.job.add(Piece(self.number, fragment.text, choices, fragment.stopped))

    def fail(self, error: CharlmError) -> None:
        """The text ends with an error."""
        self.ended = True
        self.job.add(Piece(self.number, error=error))
