"""How far a score, a sample or a compressed text is, told to a waiting line. Computes nothing itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import TYPE_CHECKING

from charlm.display.output import print_json_line, print_text
from charlm.display.units import clock, in_bits
from charlm.display.waiting import Waiting
from charlm.text.lanes import NO_TARGET

if TYPE_CHECKING:
    import numpy as np

    from charlm.compression.coding import Progress
    from charlm.evaluation.scorers import WindowScorer
    from charlm.model.state import State
    from charlm.sampling.writer import Fragment
    from charlm.text.corpus import Corpus
    from charlm.text.shards.encoding import Progress as Opening


class WatchedScorer:
    """A WindowScorer that tells the line which share of `characters` it has scored, or what else it is `doing`.

    Some are scored twice (evaluation/scoring.py), so the last ones may come after 100 %.
    """

    def __init__(self, scorer: WindowScorer, characters: int, line: Waiting, doing: str = "scoring") -> None:
        self._scorer, self._characters, self._line, self._done = scorer, characters, line, 0
        self._doing = doing

    def fresh(self, rows: int) -> State:
        return self._scorer.fresh(rows)

    def nats(self, inputs: np.ndarray, targets: np.ndarray, state: State) -> tuple[np.ndarray, State]:
        found = self._scorer.nats(inputs, targets, state)
        self._done += int((targets != NO_TARGET).sum())
        share = min(1.0, self._done / max(1, self._characters))
        self._line.say(f"{self._doing} {self._characters:,} characters, {share:.0%} done")
        return found


def watched_opening(steps: Generator[Opening, None, Corpus], line: Waiting) -> Corpus:
    """The text that is opened step by step; of a large one, the line is told how far it is, and how long it takes."""
    began, doing = time.monotonic(), ""
    while True:
        try:
            step = next(steps)
        except StopIteration as ended:
            corpus: Corpus = ended.value
            return corpus
        if step.doing != doing:
            began, doing, before = time.monotonic(), step.doing, step.done
        share = (step.done - before) / max(1, step.total - before)
        left = f", {_left(began, share)} left" if share else ""
        line.say(f"{doing}: {step.done / 1e9:.2f} of {step.total / 1e9:.2f} GB of the text{left}")


class WatchedReading:
    """Tells the line which share of `characters` is read in order, the score so far, and how long the rest takes."""

    def __init__(self, doing: str, characters: int, line: Waiting) -> None:
        self._doing, self._characters, self._line = doing, characters, line
        self._began = time.monotonic()

    def done(self, characters: int, so_far: str = "") -> None:
        """So many characters are read."""
        share = characters / max(1, self._characters)
        left = _left(self._began, share)
        self._line.say(f"{self._doing} {self._characters:,} characters, {share:.0%} done{so_far}, {left} left")

    def scored(self, nats: np.ndarray) -> None:
        """These nats (N,) are found, N at least 1."""
        self.done(len(nats), f", {in_bits(float(nats.mean())):.3f} bits a character so far")


class PrintedScores:
    """Prints the score so far as lines, each after at least EACH characters more: for a person, or as JSON."""

    EACH = 10_000

    def __init__(self, as_json: bool) -> None:
        self._as_json, self._printed = as_json, 0

    def scored(self, nats: np.ndarray) -> None:
        """These nats (N,) are found."""
        if len(nats) - self._printed < self.EACH:
            return
        self._printed = len(nats)
        bits = in_bits(float(nats.mean()))
        if self._as_json:
            print_json_line({"characters_read": len(nats), "bits_per_character": bits})
        else:
            print_text(f"{len(nats):>12,} characters read, {bits:.4f} bits a character so far\n")


def watched_samples(samples: Iterable[Iterable[Fragment]], count: int, line: Waiting) -> Iterator[Iterator[Fragment]]:
    """The samples, to be read one after the other as they were; the line is told what is written."""

    def watched(pieces: Iterable[Fragment], number: int) -> Iterator[Fragment]:
        written = 0
        for piece in pieces:
            yield piece
            written += len(piece.text)
            which = f"sample {number:,} of {count:,}: " if count > 1 else ""
            line.say(f"{which}{written:,} characters written")

    return (watched(pieces, number) for number, pieces in enumerate(samples, 1))


def watched_coding(
    steps: Iterable[Progress], doing: str, total: int | None, done: Callable[[Progress], int], line: Waiting
) -> Progress:
    """The last of the steps. The line is told the share of `total` that `done` gives, and how long the rest takes.

    Of a text that comes through a pipe, `total` is None: the line is told how many bytes are read.
    """
    began = time.monotonic()
    step = None
    for step in steps:
        if not total:
            line.say(f"{doing}, {step.text_bytes:,} bytes read")
            continue
        share = min(1.0, done(step) / total)
        line.say(f"{doing}, {share:.0%} done" + (f", {_left(began, share)} left" if share else ""))
    assert step is not None
    return step


def _left(began: float, share: float) -> str:
    """How long the rest takes, if this share of it took the time since it began."""
    return clock((time.monotonic() - began) * (1 - share) / share if share else 0.0)
