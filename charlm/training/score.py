"""The training score: what view, log, card and picture mean by `train`. Knows no model and no event.

The score of one update is too noisy to read, and the mean over the whole training lags behind. The training score is
the running mean over recent updates. The loop computes it once; everything else shows its number.
"""

from __future__ import annotations

RECENT = 50  # updates that the mean reaches back, roughly; at first, a quarter of all updates


def training_score(before: float, nats: float, updates: int) -> float:
    """The training score after one more update, in nats per character.

    `before` is the training score until then, `nats` the score of the update, `updates` their number with this one.
    """
    return before + (nats - before) / max(1.0, min(updates / 4, RECENT))
