"""Exact scores of a long text, many characters at a time.

A text is one stream: each character is scored with the state that everything before it has left. Read as one stream,
it is slow. So it is cut in B lanes that are read side by side, each from a fresh state as a guess; then each lane's
beginning is read again from the state in which the lane before it ended, until the two readings agree in what they
predict and in what they remember, from where on the first reading stands. Recurrent networks forget where they came
from within some hundred characters, so the second reading is short. Where one does not, its lane is read to the end
again, and the lane after it too; where that goes on, the lanes are read one after the other, as the one stream that
they are.

Shape letters: T time, B rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from charlm.evaluation.score import Score
from charlm.evaluation.scorers import WindowScorer
from charlm.model.state import State, put_rows, rows_agree, take_rows
from charlm.text.lanes import NO_TARGET, Reader

LANES = 64  # rows read side by side
WINDOW = 64  # characters of a lane between two comparisons of states
REMEMBERED = 64  # windows of the first reading whose states are kept for comparison
SAME_STATE = 1e-4  # largest difference, as a network reads them, of two states that count as the same
SAME_NATS = 1e-6  # mean difference, over a window, of two readings' nats that count as the same
PATIENCE = 3  # rounds after which lanes that do not agree are read one by one, as the one stream that they are


def score_stream(scorer: WindowScorer, ids: np.ndarray, lanes: int = LANES, window: int = WINDOW) -> Score:
    """The score of every character after the first, with the state carried over the whole text. ids (N,), N >= 2."""
    cut = _Cut.of(ids, lanes, window)
    rows = cut.rows
    windows = [range(start, min(start + window, cut.ticks)) for start in range(0, cut.ticks, window)]

    nats = np.zeros((len(windows), rows))
    seen: list[State] = []  # the state after each of the first windows, in the latest reading
    state = scorer.fresh(rows)
    for number, ticks in enumerate(windows):
        values, state = scorer.nats(*cut.read(ticks, np.arange(rows)), state)
        nats[number] = values.sum(axis=0)
        if number < REMEMBERED:
            seen.append(state)
    ends = state

    pending = np.arange(1, rows)  # lanes that began from a guess
    rounds = 0
    while pending.size:
        lanes_now = pending if rounds < PATIENCE else pending[:1]
        rounds += 1
        state = take_rows(ends, lanes_now - 1)
        differs = np.ones(lanes_now.size, bool)
        for number, ticks in enumerate(windows):
            values, state = scorer.nats(*cut.read(ticks, lanes_now), state)
            change = values.sum(axis=0) - nats[number, lanes_now]
            nats[number, lanes_now[differs]] += change[differs]
            if number < len(seen):
                same = rows_agree(state, take_rows(seen[number], lanes_now), SAME_STATE)
                differs &= ~(same & (abs(change) <= SAME_NATS * len(ticks)))
                seen[number] = put_rows(seen[number], lanes_now, state)
            if not differs.any():
                break
        moved = np.flatnonzero(differs)  # these lanes end otherwise than was thought, so the next ones begin otherwise
        ends = put_rows(ends, lanes_now[moved], take_rows(state, moved))
        following = lanes_now[moved] + 1
        pending = np.union1d(np.setdiff1d(pending, lanes_now), following[following < rows])
    return Score(float(nats.sum()), ids.size - 1)


@dataclass(frozen=True)
class _Cut:
    """A text cut in contiguous lanes of `ticks` characters, of which only the last may be shorter. Read as needed."""

    ids: np.ndarray
    ticks: int
    rows: int

    @classmethod
    def of(cls, ids: np.ndarray, lanes: int, window: int) -> _Cut:
        total = ids.size - 1
        ticks = -(-total // max(1, min(lanes, total // window)))
        return cls(ids, ticks, -(-total // ticks))

    def read(self, ticks: range, lanes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Inputs and targets (T, B) of some lanes; past the end of the text the target is NO_TARGET."""
        at = np.arange(ticks.start, ticks.stop)[:, None] + lanes * self.ticks
        last = self.ids.size - 1
        inputs = self.ids[np.minimum(at, last - 1)].astype(np.int64)
        targets = np.where(at < last, self.ids[np.minimum(at + 1, last)].astype(np.int64), NO_TARGET)
        return inputs, targets


def score_records(scorer: WindowScorer, reader: Reader) -> Score:
    """The score of every character of every record, their ends included, each record read from a fresh state."""
    nats = 0.0
    state = scorer.fresh(reader.batch_size)
    for position in range(reader.windows_per_epoch):
        batch = reader.at(position)
        if batch.reset.any():
            state = scorer.fresh(batch.inputs.shape[1])
        values, state = scorer.nats(batch.inputs, batch.targets, state)
        nats += float(values.sum())
    return Score(nats, reader.characters_per_epoch)
