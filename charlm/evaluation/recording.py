"""Records the inner values of a model over a text, as exactly as a score is computed. Knows no command.

Scoring (scoring.py) decides what is read, in which lanes, and what is read again; the reader keeps the values. To a
score, memories of 5 and of 6 are equal, as both act as 1. Here they are not: a counter may go that far. So the reader
adds each state's values again, made smaller, and scoring compares these, too.

Shape letters: N ids of the text, T time, B rows, H hidden.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from charlm.evaluation.characters import score_places, with_end
from charlm.evaluation.forgetting import READ, forgets
from charlm.evaluation.scorers import WindowScorer
from charlm.evaluation.scoring import read_through
from charlm.inspection.recorded_values import Recorded
from charlm.inspection.recording import window_values
from charlm.inspection.value_files import ValueWriter, load_values, recording_key, remove_oldest, writers
from charlm.inspection.value_names import Value
from charlm.kernels.blas import one_blas_thread
from charlm.model.language_model import LanguageModel
from charlm.model.probabilities import log_totals, nats_under
from charlm.model.state import State
from charlm.text.lanes import NO_TARGET
from charlm.text.vocabulary import Vocabulary

SMALLER = 4.0, 32.0
Watch = Callable[[WindowScorer], WindowScorer]


class ValueReader:
    """A WindowScorer whose inputs and targets are places in `ids` (N,). It writes values of each place that it reads.

    A lane that is read again overwrites what its first reading wrote.
    """

    def __init__(
        self, model: LanguageModel, ids: np.ndarray, wanted: Sequence[Value], files: Sequence[ValueWriter]
    ) -> None:
        """The parameters are numpy arrays. Each value has its file."""
        self._model, self._ids, self._wanted, self._files = model, ids, wanted, files

    def fresh(self, rows: int) -> State:
        return _compared(self._model.fresh_state(rows))

    def nats(self, inputs: np.ndarray, targets: np.ndarray, state: State) -> tuple[np.ndarray, State]:
        with one_blas_thread():
            logits, state, values = window_values(
                self._model, self._ids[inputs].astype(np.int64), _own(state), self._wanted
            )
        there = targets != NO_TARGET
        found = np.zeros(targets.shape)
        if there.any():
            chosen = logits[there]
            found[there] = nats_under(chosen, log_totals(chosen), self._ids[targets[there]].astype(np.int64))
        for row, count in enumerate(there.sum(axis=0).tolist()):  # targets are only missing at the end of a row
            if count:
                for file, value in zip(self._files, values, strict=True):
                    file.put(int(inputs[0, row]), value[:count, row])
        return found, _compared(state)


def _compared(state: State) -> State:
    """The state, and its values made smaller."""
    return (*state, *(type(part)(*(each / by for each in part)) for by in SMALLER for part in state))


def _own(state: State) -> State:
    """The state of the model alone."""
    return state[: len(state) // (1 + len(SMALLER))]


def record_values(
    model: LanguageModel,
    ids: npt.NDArray[np.integer],
    vocabulary: Vocabulary,
    end: int | None,
    wanted: Sequence[Value],
    watch: Watch = lambda scorer: scorer,
) -> tuple[npt.NDArray[np.integer], Recorded]:
    """The ids that were read (N,), and the values after each. `end` is the id that ends a record; None if there are
    none. With records, each is read from a fresh state, and a last one without an end gets one.

    What is in the cache is not computed again. `watch` may wrap the scorer. Raises TextError if values cannot be kept.
    """
    ids = with_end(ids, end)
    key = recording_key(model.parameters, model.settings.model_dump_json(), ids, end)
    arrays = [load_values(key, value, len(ids)) for value in wanted]
    if missing := [value for value, array in zip(wanted, arrays, strict=True) if array is None]:
        # In a running text the last character is read, too: to the scorer, one more comes after it.
        read = np.append(ids, ids[-1:]) if end is None else ids
        with writers(key, missing, len(ids)) as files:
            reader = watch(ValueReader(model, read, missing, files))
            places = np.arange(len(read))
            if end is None and len(read) > READ and not forgets(reader, places):
                for _ in read_through(reader, places):
                    pass  # the reader keeps what it is given
            else:
                score_places(reader, read, vocabulary, end)
            new = iter([file.done() for file in files])
        arrays = [next(new) if array is None else array for array in arrays]
        remove_oldest(key)
    return ids, Recorded(tuple(wanted), tuple(array for array in arrays if array is not None), key)
