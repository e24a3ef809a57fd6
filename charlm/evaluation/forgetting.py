"""Whether a model forgets its past within some hundred characters: then a long text can be read in many lanes.

Most recurrent networks do. A cell whose memory is only ever added to (lstm97), or of which a part stands still for many
steps (clockwork), does not: its lanes would be read again and again, until they are one stream after all.
"""

from __future__ import annotations

import numpy as np

from charlm.evaluation.scorers import WindowScorer
from charlm.model.state import State, mean_difference, put_rows
from charlm.text.lanes import NO_TARGET

READ = 128  # characters, which two different states read
REMAINS = 0.5  # the share of their difference that a model that forgets has lost by then, at least


def forgets(scorer: WindowScorer, ids: np.ndarray) -> bool:
    """Whether two states, a fresh one and one that the end of the text left, draw near while both read its beginning.

    ids (N,), N > READ. It decides how a text is read, and not its score.
    """
    state = put_rows(scorer.fresh(2), np.array([1]), _after(scorer, ids[-READ:], scorer.fresh(1)))
    after = _after(scorer, np.stack([ids[:READ]] * 2, axis=1), state)
    return mean_difference(after, 0, 1) <= REMAINS * mean_difference(state, 0, 1)


def _after(scorer: WindowScorer, ids: np.ndarray, state: State) -> State:
    """The state after ids (T,) or (T, B)."""
    inputs = ids.reshape(len(ids), -1).astype(np.int64)
    return scorer.nats(inputs, np.full_like(inputs, NO_TARGET), state)[1]
