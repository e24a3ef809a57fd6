"""Writes targets for sources: the likeliest next character each time (greedy), or a beam. Knows no torch and no files.

Sources of similar lengths are read together, many in a batch; what is written for one does not depend on the others.
A beam of width K keeps the K likeliest beginnings by the sum of their log-probabilities. There is no bonus for length,
so it prefers short targets where the model is unsure. A beam of 1 is greedy.

Shape letters: B rows, K beam, V symbols, T steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from charlm.model.language_model import NEVER
from charlm.model.probabilities import log_softmax
from charlm.model.stack import Recurrence
from charlm.model.state import State, take_rows
from charlm.pairs.model import PairModel, Read
from charlm.text.vocabulary import Vocabulary

TOGETHER = 512  # rows that are computed together
LONGEST, FACTOR = 30, 3  # a target has at most LONGEST + FACTOR * (characters of its source) characters
TAB, NEWLINE = "\t", "\n"
IMPOSSIBLE = NEVER / 2  # a sum of log-probabilities below it has a symbol that is never written


@dataclass(frozen=True)
class Conversion:
    """A target, and its log-probability in nats; `ended` is False if it was cut off at its longest."""

    text: str
    log_probability: float
    ended: bool


class Converter:
    """A model of numpy arrays that converts texts. `recurrence` runs its layers over windows of numpy arrays."""

    def __init__(self, model: PairModel, vocabulary: Vocabulary, recurrence: Recurrence) -> None:
        symbols = vocabulary.symbols
        self.start, self.end = symbols.index(TAB), symbols.index(NEWLINE)
        never = [self.start] + ([] if vocabulary.unknown_id is None else [vocabulary.unknown_id])
        self.model, self.vocabulary, self.recurrence = model.without_writing(never), vocabulary, recurrence

    def greedy(self, sources: Sequence[str]) -> list[Conversion]:
        """A target for each source, which has a character or more, all known. In their order."""
        return [found[0] for found in self._in_batches(sources, TOGETHER, self._greedy)]

    def beam(self, sources: Sequence[str], width: int) -> list[list[Conversion]]:
        """Up to `width` targets for each source, the likeliest first."""
        return self._in_batches(sources, max(1, TOGETHER // width), lambda read, most: self._beam(read, most, width))

    def _in_batches(
        self, sources: Sequence[str], size: int, convert: Callable[[Read, np.ndarray], list[list[Conversion]]]
    ) -> list[list[Conversion]]:
        encoded = [self.vocabulary.encode(source).ids.astype(np.int64) for source in sources]
        lengths = np.array([len(ids) for ids in encoded], np.int64)
        found: list[list[Conversion]] = [[] for _ in sources]
        order = np.argsort(-lengths, kind="stable")
        for batch in _cut(order, size):
            ids = np.zeros((int(lengths[batch].max()), len(batch)), np.int64)
            for column, number in enumerate(batch.tolist()):
                ids[: lengths[number], column] = encoded[number]
            read = self.model.read(ids, lengths[batch], self.end, self.recurrence)
            for number, each in zip(batch.tolist(), convert(read, LONGEST + FACTOR * lengths[batch]), strict=True):
                found[number] = each
        return found

    def _next(self, read: Read, last: np.ndarray, state: State) -> tuple[np.ndarray, State]:
        """The symbols that were written last (B,) and the state -> log-probabilities (B, V), the state."""
        logits, after, _ = self.model.write(read, last[None], state, self.recurrence)
        return log_softmax(logits[0]), after

    def _greedy(self, read: Read, most: np.ndarray) -> list[list[Conversion]]:
        count = len(most)
        rows, state, last = np.arange(count), read.state, np.full(count, self.start)
        written: list[list[int]] = [[] for _ in range(count)]
        totals, ended = np.zeros(count), np.zeros(count, bool)
        step = 0
        while len(rows):
            scores, state = self._next(read, last, state)
            last = scores.argmax(-1)
            totals[rows] += scores[np.arange(len(rows)), last]
            step += 1
            done = last == self.end
            ended[rows[done]] = True
            for row, symbol in zip(rows[~done].tolist(), last[~done].tolist(), strict=True):
                written[row].append(symbol)
            going = np.flatnonzero(~done & (step < most[rows]))
            if len(going) < len(rows):
                rows, last, state, read = rows[going], last[going], take_rows(state, going), read.rows(going)
        return [
            [Conversion(self.vocabulary.decode(ids), float(total), bool(end))]
            for ids, total, end in zip(written, totals, ended, strict=True)
        ]

    def _beam(self, read: Read, most: np.ndarray, width: int) -> list[list[Conversion]]:
        """Each row's beginnings are rows of their own, K next to each other, the likeliest first."""
        count = len(most)
        found: list[list[Conversion]] = [[] for _ in range(count)]
        rows = np.arange(count)  # those that go on
        totals = np.full((count, width), -np.inf)
        totals[:, 0] = 0.0  # at first there is one beginning
        texts = [[()] * width for _ in range(count)]
        read, state = read.rows(np.repeat(rows, width)), take_rows(read.state, np.repeat(rows, width))
        last = np.full(count * width, self.start)
        step = 0
        while len(rows):
            scores, state = self._next(read, last, state)
            step += 1
            sums = totals[..., None] + scores.reshape(len(rows), width, -1)  # (n, K, V)
            best = np.argsort(-sums.reshape(len(rows), -1), kind="stable")[:, :width]
            kept, parents, chosen = [], [], []
            for at, row in enumerate(rows.tolist()):
                going = []
                for candidate in best[at].tolist():
                    parent, symbol = divmod(candidate, sums.shape[-1])
                    total, ended = float(sums[at, parent, symbol]), symbol == self.end
                    if total < IMPOSSIBLE:
                        continue
                    if ended or step >= most[row]:
                        ids = texts[at][parent] if ended else (*texts[at][parent], symbol)
                        found[row].append(Conversion(self.vocabulary.decode(ids), total, ended))
                    else:
                        going.append((total, parent, symbol))
                found[row].sort(key=lambda each: -each.log_probability)
                full = len(found[row]) >= width
                if not going or (full and found[row][width - 1].log_probability >= going[0][0]):
                    found[row] = found[row][:width]
                    continue
                going += [(-np.inf, going[0][1], going[0][2])] * (width - len(going))
                kept.append(at)
                parents += [at * width + parent for _, parent, _ in going]
                chosen.append(going)
            if not kept:
                break
            texts = [
                [(*texts[at][parent], symbol) for _, parent, symbol in going]
                for at, going in zip(kept, chosen, strict=True)
            ]
            totals = np.array([[total for total, _, _ in going] for going in chosen])
            last = np.array([symbol for going in chosen for _, _, symbol in going], np.int64)
            rows = rows[np.array(kept, np.int64)]
            index = np.array(parents, np.int64)
            state, read = take_rows(state, index), read.rows(index)
        return found


def _cut(order: np.ndarray, size: int) -> Iterator[np.ndarray]:
    for first in range(0, len(order), size):
        yield order[first : first + size]
