"""The text of one sample: symbols go in, text comes out as soon as it is certain. Knows no model, terminal or file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from charlm.sampling.loop.rows import EndedBy
from charlm.text.clusters import clusters
from charlm.text.vocabulary import Vocabulary

Stopped = Literal["length", "stop", "record"] | EndedBy


@dataclass(frozen=True)
class Fragment:
    """The next part of a text, possibly empty. The last part also says why the text ends, and what is known of it.

    `ids` are all ids that were drawn for the text, with the one that ended a record or completed a stop text, if they
    were asked for. `bits` are what a constraint cost, all of them. `bits_per_symbol` is how unlikely the text is, if it
    was chosen by that.
    """

    text: str
    stopped: Stopped | None = None
    ids: Sequence[int] = ()
    bits: float | None = None
    bits_per_symbol: float | None = None


class Writer:
    """Writes one sample, fragment by fragment.

    The text ends just before the first stop text that is complete; of several that are complete at once, before the
    longest. Characters that may begin a stop text are held back until they no longer can. The text also ends
    before the symbol `end`. Only generated text counts, not the prompt. Stop texts must not be empty. In a model of
    grapheme clusters a stop text is whole clusters: `e` does not stop before an e with an accent.
    """

    def __init__(self, vocabulary: Vocabulary, stops: Sequence[str] = (), end: int | None = None) -> None:
        self._end = end
        self._decoder = vocabulary.decoder()
        self._in_clusters = vocabulary.unit == "grapheme"
        self._stops = [clusters(stop) if self._in_clusters else list(stop) for stop in stops]
        self._held: list[str] = []

    def feed(self, symbols: list[int]) -> Fragment:
        """What is certain after these symbols, possibly nothing. Must not be called after the text has stopped."""
        if self._end in symbols:
            return self._end_record(symbols[: symbols.index(self._end)])
        return self._without_stop(self._read(symbols)) if self._stops else Fragment(self._decoder.feed(symbols))

    def finish(self, reason: Stopped) -> Fragment:
        """The last fragment, if no more symbols come."""
        fragment = self._without_stop(list(self._decoder.finish()))
        return fragment if fragment.stopped else Fragment(fragment.text + "".join(self._held), reason)

    def _end_record(self, symbols: list[int]) -> Fragment:
        fragment = self._without_stop(self._read(symbols))
        if fragment.stopped:
            return fragment
        last = self.finish("record")
        return Fragment(fragment.text + last.text, last.stopped)

    def _read(self, symbols: list[int]) -> list[str]:
        """The characters that these symbols complete, or their clusters."""
        return (
            [self._decoder.feed([one]) for one in symbols] if self._in_clusters else list(self._decoder.feed(symbols))
        )

    def _without_stop(self, new: list[str]) -> Fragment:
        """Hold back what may begin a stop text, and release the rest; stop at a complete one."""
        read, checked = self._held + new, len(self._held)
        for end in range(checked + 1, len(read) + 1):
            complete = [len(stop) for stop in self._stops if read[max(0, end - len(stop)) : end] == stop]
            if complete:
                return Fragment("".join(read[: end - max(complete)]), "stop")
        for begin in range(len(read)):
            if any(stop[: len(read) - begin] == read[begin:] for stop in self._stops):
                self._held = read[begin:]
                return Fragment("".join(read[:begin]))
        self._held = []
        return Fragment("".join(read))
