"""The text of one sample: symbols go in, text comes out as soon as it is certain. Knows no model, terminal or file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from charlm.text.vocabulary import Vocabulary

Stopped = Literal["length", "stop", "record"]


@dataclass(frozen=True)
class Fragment:
    """The next part of a text, possibly empty; the last part also says why the text ends."""

    text: str
    stopped: Stopped | None = None


class Writer:
    """Writes one sample, fragment by fragment.

    The text ends just before the first stop text that is complete; of several that are complete at once, before the
    longest. Characters that may begin a stop text are held back until they no longer can. The text also ends
    before the symbol `end`. Only generated text counts, not the prompt. Stop texts must not be empty.
    """

    def __init__(self, vocabulary: Vocabulary, stops: Sequence[str] = (), end: int | None = None) -> None:
        self._end = end
        self._decoder = vocabulary.decoder()
        self._stops = stops
        self._held = ""

    def feed(self, symbols: list[int]) -> Fragment:
        """What is certain after these symbols, possibly nothing. Must not be called after the text has stopped."""
        if self._end in symbols:
            return self._end_record(symbols[: symbols.index(self._end)])
        new = self._decoder.feed(symbols)
        return self._without_stop(new) if self._stops else Fragment(new)

    def finish(self, reason: Stopped) -> Fragment:
        """The last fragment, if no more symbols come."""
        fragment = self._without_stop(self._decoder.finish())
        return fragment if fragment.stopped else Fragment(fragment.text + self._held, reason)

    def _end_record(self, symbols: list[int]) -> Fragment:
        fragment = self._without_stop(self._decoder.feed(symbols))
        if fragment.stopped:
            return fragment
        last = self.finish("record")
        return Fragment(fragment.text + last.text, last.stopped)

    def _without_stop(self, new: str) -> Fragment:
        """Hold back what may begin a stop text, and release the rest; stop at a complete one."""
        text, checked = self._held + new, len(self._held)
        for end in range(checked + 1, len(text) + 1):
            complete = [stop for stop in self._stops if text.endswith(stop, 0, end)]
            if complete:
                return Fragment(text[: end - max(map(len, complete))], "stop")
        for begin in range(len(text)):
            if any(stop.startswith(text[begin:]) for stop in self._stops):
                self._held = text[begin:]
                return Fragment(text[:begin])
        self._held = ""
        return Fragment(text)
