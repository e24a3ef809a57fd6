"""Rows that take their steps together: those that read a prompt, and those that draw. Knows no HTTP and no threads.

Rows join and leave a batch between two turns. A model that is not batch invariant has batches of one row. A turn takes
some milliseconds, so that others have theirs. Shape letters: N steps, B rows, V symbols.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np

from charlm.model.drawing import Rules
from charlm.model.probabilities import log_softmax
from charlm.model.state import State, join_rows, take_rows
from charlm.sampling.loop.generation import GeneratingModel
from charlm.sampling.many.likelihood import Choice
from charlm.sampling.rules.decoding import Decoding, non_finite_error
from charlm.sampling.rules.drawing import draw_rows
from charlm.service.row import Row
from charlm.service.served import Prompt, Served

TURN = 0.02  # seconds
MOST_STEPS = 64  # of a turn in which a model draws by itself

R = TypeVar("R", "Reader", Row)


class Heard(NamedTuple):
    """What a model gave after a prompt: logits (1, V) and the state of one row."""

    logits: np.ndarray
    state: State


@dataclass(eq=False)
class Reader:
    """A prompt while it is read; its number is that of the first text that will continue it."""

    job: Any
    number: int
    prompt: Prompt
    position: int = 0
    choices: list[Choice] = field(default_factory=list)
    ended: bool = False


class Batch(Generic[R]):
    """Rows of one model, with their logits (B, V) and their state."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.rows: list[R] = []
        self.most = 2**31 if served.model.batch_invariant else 1
        self._logits: np.ndarray = np.empty((0, 0))
        self._state: State = ()

    def join(self, row: R, heard: Heard) -> None:
        """A row more, after what it has heard."""
        if not self.rows:
            self._logits, self._state = heard
        else:
            self._logits = np.concatenate([self._logits, heard.logits])
            self._state = join_rows([self._state, heard.state])
        self.rows.append(row)

    def drop(self) -> None:
        """Rows that have ended, or whose job has, leave."""
        self.keep([number for number, row in enumerate(self.rows) if not (row.ended or row.job.over)])

    def keep(self, kept: list[int]) -> None:
        """Only these rows stay."""
        if len(kept) < len(self.rows):
            self.rows = [self.rows[number] for number in kept]
            self._logits, self._state = self._logits[kept], take_rows(self._state, np.array(kept, np.intp))

    def turn(self) -> None:
        """Some steps of all rows; there must be some."""
        raise NotImplementedError


class Reading(Batch[Reader]):
    """Prompts that are read. `done` are those that were read to their end in the last turn."""

    def __init__(self, served: Served) -> None:
        super().__init__(served)
        self.done: list[tuple[Reader, Heard]] = []

    def begin(self, reader: Reader) -> None:
        """A prompt more."""
        nothing = np.zeros((1, self.served.checkpoint.vocabulary.size), np.float32)
        self.join(reader, Heard(nothing, self.served.model.fresh(1)))

    def turn(self) -> None:
        self.done = []
        until = time.perf_counter() + TURN
        while self.rows and time.perf_counter() < until:
            ids = [reader.prompt.ids[reader.position] for reader in self.rows]
            self._report(ids)
            self._logits, self._state = self.served.model.step(np.array(ids), self._state)
            for row, reader in enumerate(self.rows):
                reader.position += 1
                if reader.position == len(reader.prompt.ids):
                    reader.ended = True
                    heard = Heard(self._logits[row : row + 1], take_rows(self._state, np.array([row])))
                    self.done.append((reader, heard))
            if self.done:
                break
        self.drop()

    def _report(self, ids: Sequence[int]) -> None:
        """Keep the probabilities of the prompts' symbols that are read next, where they are asked for."""
        for row, reader in enumerate(self.rows):
            asked = reader.job.asked
            if asked.echoed and asked.likeliest is not None and reader.position:
                reader.choices.append(choice_of(self._logits[row], ids[row], asked.likeliest))


class Free(Batch[Row]):
    """Rows with the same rules, which a model draws by itself, several steps at a time."""

    def __init__(self, served: Served, rules: Rules) -> None:
        super().__init__(served)
        self._rules = rules

    def turn(self) -> None:
        model = self.served.model
        assert isinstance(model, GeneratingModel)
        for row, logits in zip(self.rows, self._logits, strict=True):
            if error := non_finite_error(logits):
                row.fail(error)
        self.drop()
        if not self.rows:
            return
        steps = min(MOST_STEPS, max(row.left for row in self.rows))
        uniforms = np.stack([row.uniforms(steps) for row in self.rows], axis=1)
        ids, self._logits, self._state = model.generate_next(self._logits, self._state, self._rules, uniforms)
        for row, drawn in zip(self.rows, ids.T.tolist(), strict=True):
            row.take(drawn)
        self.drop()


class Ruled(Batch[Row]):
    """Rows that numpy draws, each by rules of its own, or whose probabilities are reported."""

    def turn(self) -> None:
        until = time.perf_counter() + TURN
        while self.rows:
            ids = self._drawn()
            for row, symbol in enumerate(ids):
                self._take(row, symbol)
            kept = [number for number, row in enumerate(self.rows) if not row.ended]
            ids = [ids[number] for number in kept]
            self.keep(kept)
            if not self.rows:
                return
            self._logits, self._state = self.served.model.step(np.array(ids), self._state)
            if time.perf_counter() > until:
                return

    def _drawn(self) -> list[int | None]:
        """The next symbol of each row; None where the logits are not finite."""
        ids: list[int | None] = [None] * len(self.rows)
        together: dict[int, list[int]] = {}
        for row, each in enumerate(self.rows):
            together.setdefault(id(each.job), []).append(row)
        for rows in together.values():
            decoding: Decoding = self.rows[rows[0]].job.asked.decoding
            uniforms = np.concatenate([self.rows[row].uniforms(1) for row in rows])
            recent = [self.rows[row].recent for row in rows]
            drawn = draw_rows(self._logits[rows], decoding, recent, uniforms)
            for row, symbol in zip(rows, drawn, strict=True):
                ids[row] = symbol
        return ids

    def _take(self, row: int, symbol: int | None) -> None:
        taking, logits = self.rows[row], self._logits[row]
        if symbol is None:
            error = non_finite_error(logits)
            assert error is not None
            taking.fail(error)
            return
        asked = taking.job.asked
        taking.take([symbol], [] if asked.likeliest is None else [choice_of(logits, symbol, asked.likeliest)])


def choice_of(logits: np.ndarray, symbol: int, most: int) -> Choice:
    """A symbol under logits (V,), with up to `most` alternatives, the likeliest first; before any rule of decoding."""
    logs = log_softmax(logits)
    likeliest = np.argsort(-logs, kind="stable")[:most].tolist()
    return Choice(symbol, float(logs[symbol]), [(other, float(logs[other])) for other in likeliest])


class TextBatches:
    """All batches of one model."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self._reading: list[Reading] = []
        self._drawing: dict[object, list[Batch[Row]]] = {}

    def read(self, reader: Reader) -> None:
        """Begin to read a prompt."""
        batch = next((each for each in self._reading if len(each.rows) < each.most), None)
        if batch is None:
            batch = Reading(self._served)
            self._reading.append(batch)
        batch.begin(reader)

    def draw(self, row: Row, heard: Heard) -> None:
        """Begin to draw."""
        asked, model = row.job.asked, self._served.model
        by_itself = asked.likeliest is None and isinstance(model, GeneratingModel)
        key = asked.decoding.of_logits if by_itself else None
        batches = self._drawing.setdefault(key, [])
        batch = next((each for each in batches if len(each.rows) < each.most), None)
        if batch is None:
            batch = Ruled(self._served) if key is None else Free(self._served, key)
            batches.append(batch)
        batch.join(row, heard)

    def turn(self) -> list[tuple[Reader, Heard]]:
        """A turn of each batch; gives the prompts that were read to their end."""
        done = []
        for reading in self._reading:
            reading.drop()
            if reading.rows:
                reading.turn()
                done += reading.done
        for batch in [batch for batches in self._drawing.values() for batch in batches]:
            batch.drop()
            if batch.rows:
                batch.turn()
        self._reading = [batch for batch in self._reading if batch.rows]
        self._drawing = {
            key: left for key, batches in self._drawing.items() if (left := [batch for batch in batches if batch.rows])
        }
        return done

    @property
    def rows(self) -> int:
        """The rows that draw or read."""
        drawing = sum(len(batch.rows) for batches in self._drawing.values() for batch in batches)
        return drawing + sum(len(batch.rows) for batch in self._reading)
