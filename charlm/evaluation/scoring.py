"""Exact scores of a long text, many characters at a time. Knows no files and no engine.

Each character is scored with the state that everything before it has left, as if the text were read in one stream. One
stream is slow. So the text is cut into B contiguous lanes that are read side by side:

1. Every lane is read from a fresh state. For all lanes but the first, this start is a guess.
2. Each of these lanes is read again from the state in which the lane before it ended. Recurrent networks forget their
   past within some hundred characters, so both readings soon agree, in their nats and in their states. From there on
   the first reading was right, and the second stops.
3. A lane whose readings never agree ends in another state than assumed, so the lane after it is read once more. Where
   that changes a lane's nats by less than a millionth each, what is left of the difference does not matter. If the nats
   of most lanes differ to their ends, or if it goes on for several rounds, these lanes are read one after another.

Lanes are long, so that a network forgets within a small part of one: a shorter text has fewer of them. A network that
does not forget (forgetting.py) is read as one stream from the first character to the last. A very long text is read in
parts, each of them so, from the state in which the part before it ended: memory has the nats of one.

Shape letters: T time, B rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from charlm.evaluation.forgetting import forgets
from charlm.evaluation.intervals import Blocks
from charlm.evaluation.score import Score
from charlm.evaluation.scorers import WindowScorer
from charlm.model.state import State, put_rows, rows_agree, take_rows
from charlm.text.lanes import NO_TARGET, Batch, Reader

LANES = 64  # rows read side by side, at most
LANE = 6_144  # characters of a lane, at least: some networks need two thousand to forget
WINDOW = 64  # characters of a lane between two comparisons of states
REMEMBERED = 64  # first windows of a lane whose states are kept for comparison, at most
REMEMBERED_BYTES = 2**28  # of all these states, at most, but one: those of a matrix_lstm have some megabytes each
SAME_STATE = 1e-4  # largest difference, through a tanh, of two states that count as equal
SAME_NATS = 1e-6  # largest mean difference, over a window or a lane, of nats that count as equal
PATIENCE = 3  # rounds in which lanes are read again together; later they are read one by one
NEAR = 1e-3  # mean difference over the last window of a lane of nats that come together, though its states differ
FEW = 0.25  # the share of lanes whose nats do not, up to which all that wait are read again together
LARGEST_GROUP = 16  # windows of a single lane that are read as one: its weights are packed and projected once for them
PART = 1 << 23  # characters of a part
LONG = 32_768  # characters; only of a longer text is it worth to ask whether the network forgets


def score_stream(scorer: WindowScorer, ids: np.ndarray, lanes: int | None = None, window: int = WINDOW) -> Score:
    """The score of every character after the first, with the state carried over the whole text. ids (N,), N >= 2.

    `lanes` is how many rows are read side by side, if the text has a window for each; None: what suits its length.
    """
    return Blocks.of_parts(stream_parts(scorer, ids, lanes, window)).score


def stream_nats(scorer: WindowScorer, ids: np.ndarray, lanes: int | None = None, window: int = WINDOW) -> np.ndarray:
    """The nats (N - 1,) of every character after the first, which `score_stream` adds up; float32, as scorers give."""
    parts = list(stream_parts(scorer, ids, lanes, window))
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def stream_parts(
    scorer: WindowScorer, ids: np.ndarray, lanes: int | None = None, window: int = WINDOW
) -> Iterator[np.ndarray]:
    """The same in parts, one after another, so that memory does not grow with the text."""
    lanes = lanes or lanes_of(ids.size)
    if lanes == 1 or (ids.size > LONG and not forgets(scorer, ids)):
        yield from read_through(scorer, ids)
        return
    # But for the last part, all lanes are whole windows, and the last lane ends where the next part begins.
    size = max(1, PART // (lanes * window)) * lanes * window
    state: State | None = None
    for first in range(0, ids.size - 1, size):
        part = ids[first : first + size + 1]
        reading = _read_part(scorer, _Cut.of(part, lanes, window), window, state)
        yield reading.nats.ravel()[: part.size - 1]
        state = take_rows(reading.ends, np.array([reading.cut.rows - 1]))


def lanes_of(length: int) -> int:
    """How many lanes suit a text of so many characters."""
    return max(1, min(LANES, length // LANE))


def _read_part(scorer: WindowScorer, cut: _Cut, window: int, state: State | None) -> _Reading:
    """Read a text whose first lane begins with the state of one row; None: a fresh one."""
    reading = _Reading.first(scorer, cut, window, state)
    pending = np.arange(1, cut.rows)  # lanes that started from a guess, or from a state that has changed since
    rounds, apart = 0, 0.0
    while pending.size:
        # Reading all pending lanes at once is fast if errors stay within a lane. If they spread, later lanes would be
        # read again for nothing: then only the first pending lane is, whose start is certain.
        together = rounds < PATIENCE and apart <= FEW
        current = pending if together else pending[:1]
        rounds += 1
        moved, apart = reading.read_again(current)
        following = moved + 1
        pending = np.union1d(np.setdiff1d(pending, current), following[following < cut.rows])
    return reading


def read_through(scorer: WindowScorer, ids: np.ndarray) -> Iterator[np.ndarray]:
    """The nats (N - 1,) of a text (N,) that is read as one stream, in parts."""
    nats, state = [], scorer.fresh(1)
    cut = _Cut.of(ids, 1, ids.size)
    for start in range(0, cut.ticks, WINDOW * LARGEST_GROUP):
        ticks = range(start, min(start + WINDOW * LARGEST_GROUP, cut.ticks))
        values, state = scorer.nats(*cut.read(ticks, np.zeros(1, np.intp)), state)
        nats.append(values[:, 0].astype(np.float32))
        if len(nats) * WINDOW * LARGEST_GROUP >= PART:
            yield np.concatenate(nats)
            nats = []
    if nats:
        yield np.concatenate(nats)


@dataclass(frozen=True)
class _Cut:
    """A text cut into contiguous lanes of `ticks` characters, of which only the last may be shorter."""

    ids: np.ndarray
    ticks: int
    rows: int

    @classmethod
    def of(cls, ids: np.ndarray, lanes: int, window: int) -> _Cut:
        """At most `lanes` lanes of whole windows; a text shorter than a window is one lane.

        The clocks of a clockwork cell then stand where the guess has them, as their periods are powers of 2.
        """
        total = ids.size - 1
        ticks = -(-total // max(1, min(lanes, total // window)))
        ticks = min(total, ticks + -ticks % window)
        return cls(ids, ticks, -(-total // ticks))

    def read(self, ticks: range, lanes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Inputs and targets (T, B) of some lanes. After the end of the text, targets are NO_TARGET."""
        at = np.arange(ticks.start, ticks.stop)[:, None] + lanes * self.ticks
        last = self.ids.size - 1
        inputs = self.ids[np.minimum(at, last - 1)].astype(np.int64)
        targets = np.where(at < last, self.ids[np.minimum(at + 1, last)].astype(np.int64), NO_TARGET)
        return inputs, targets


@dataclass
class _Reading:
    """The latest reading of every lane."""

    scorer: WindowScorer
    cut: _Cut
    windows: list[range]
    nats: np.ndarray  # (rows, ticks), float32; after the end of the text 0
    states: list[State]  # after each of the first windows, as many as `_remembered` says
    ends: State  # after the last window

    @classmethod
    def first(cls, scorer: WindowScorer, cut: _Cut, window: int, start: State | None) -> _Reading:
        """Read all lanes side by side, each from a fresh state; the first from `start`, if there is one."""
        windows = [range(start, min(start + window, cut.ticks)) for start in range(0, cut.ticks, window)]
        nats = np.zeros((cut.rows, cut.ticks), np.float32)
        states: list[State] = []
        state = scorer.fresh(cut.rows)
        if start is not None:
            state = put_rows(state, np.array([0]), start)
        for number, ticks in enumerate(windows):
            values, state = scorer.nats(*cut.read(ticks, np.arange(cut.rows)), state)
            nats[:, ticks.start : ticks.stop] = values.T
            if number < _remembered(state):
                states.append(state)
        return cls(scorer, cut, windows, nats, states, state)

    def read_again(self, lanes: np.ndarray) -> tuple[np.ndarray, float]:
        """Read these lanes from the ends of the lanes before them.

        Gives those that now end in another state, if their nats have changed, too; and the share of all these that have
        other nats to their ends.
        """
        state = take_rows(self.ends, lanes - 1)
        differs = np.ones(lanes.size, bool)  # lanes whose two readings have not agreed yet
        changed = np.zeros(lanes.size)  # what this reading adds to their nats
        for first, end in _groups(len(self.windows), LARGEST_GROUP if lanes.size == 1 else 1):
            ticks, last = range(self.windows[first].start, self.windows[end - 1].stop), end - 1
            values, state = self.scorer.nats(*self.cut.read(ticks, lanes), state)
            starts = [each.start - ticks.start for each in self.windows[first:end]]
            within = slice(ticks.start, ticks.stop)
            change = np.add.reduceat(values - self.nats[lanes, within].T, starts)
            changed += differs * change.sum(axis=0)
            self.nats[lanes[differs], within] = values.T[differs]
            if last < len(self.states):
                # Equal nats are not enough: a difference in the state may show only later. Equal states are not
                # enough: they count as equal within a tolerance, which the nats bound.
                same_state = rows_agree(state, take_rows(self.states[last], lanes), SAME_STATE)
                differs &= ~(same_state & (abs(change[-1]) <= SAME_NATS * len(self.windows[last])))
                self.states[last] = put_rows(self.states[last], lanes, state)
            if not differs.any():
                break
        ended = np.flatnonzero(differs)
        self.ends = put_rows(self.ends, lanes[ended], take_rows(state, ended))
        moved = differs & (abs(changed) > SAME_NATS * self.cut.ticks)
        return lanes[moved], float(np.mean(moved & (abs(change[-1]) > NEAR * len(self.windows[-1]))))


def _remembered(state: State) -> int:
    """How many such states are kept."""
    size = sum(int(part.nbytes) for layer in state for part in layer)
    return max(1, min(REMEMBERED, REMEMBERED_BYTES // max(1, size)))


def _groups(windows: int, most: int) -> Iterator[tuple[int, int]]:
    """All windows in groups that are twice as large each time, up to `most`: the first and the end of each."""
    first, size = 0, 1
    while first < windows:
        yield first, min(first + size, windows)
        first, size = first + size, min(2 * size, most)


def record_nats(scorer: WindowScorer, reader: Reader) -> tuple[np.ndarray, np.ndarray]:
    """The nats (R,) and the characters (R,) of each record, in the order in which the reader has them."""
    nats: list[np.ndarray] = []
    characters: list[np.ndarray] = []
    for batch, values in read_records(scorer, reader):
        if batch.reset.any():
            nats.append(np.zeros(batch.inputs.shape[1]))
            characters.append(np.zeros(batch.inputs.shape[1], np.int64))
        nats[-1] += values.sum(axis=0)
        characters[-1] += (batch.targets != NO_TARGET).sum(axis=0)
    every = np.concatenate(characters)
    return np.concatenate(nats)[every > 0], every[every > 0]  # the last batch may have rows without a record


def read_records(scorer: WindowScorer, reader: Reader) -> Iterator[tuple[Batch, np.ndarray]]:
    """Each window of an epoch of records, and the nats (T, B) of its targets, each record from a fresh state."""
    state = scorer.fresh(reader.batch_size)
    for position in range(reader.windows_per_epoch):
        batch = reader.at(position)
        if batch.reset.any():
            state = scorer.fresh(batch.inputs.shape[1])
        values, state = scorer.nats(batch.inputs, batch.targets, state)
        yield batch, values
