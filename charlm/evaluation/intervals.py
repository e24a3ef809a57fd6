"""How sure a score is: 95 % intervals of a mean of nats, and of the difference of two. Knows no model and no text.

Characters near each other are alike: all of a hard passage is hard. So they are not drawn one by one. The text is cut
into blocks of 1,000 characters, or of records that have 1,000 together; as many blocks as there are, are drawn with
replacement, a thousand times (charlm/bootstrap.py). The interval holds the middle 95 % of the means of these texts. It
says how the score of this model would vary with the text, and not how it would vary with the seed of the training.

The difference of two models is far surer than either score, because a hard passage is hard for both: so the blocks are
drawn once for both (the paired interval). Source: Künsch, "The Jackknife and the Bootstrap for General Stationary
Observations" (1989); Koehn, "Statistical Significance Tests for Machine Translation Evaluation" (2004), for pairs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from charlm.bootstrap import Interval as Interval
from charlm.bootstrap import bootstrap_interval
from charlm.evaluation.score import Score

BLOCK = 1000  # characters
MOST = 1 << 15  # blocks of a very long text, which has larger ones


@dataclass(frozen=True, eq=False)
class Blocks:
    """The sums of the nats of the blocks of a text, float64 (K,), and their numbers of characters (K,)."""

    nats: np.ndarray
    characters: np.ndarray

    @classmethod
    def of(cls, nats: np.ndarray, size: int = BLOCK) -> Blocks:
        """Blocks of 1,000 of the characters that have these nats (N,), or of `size`. The last may be shorter."""
        starts = np.arange(0, len(nats), size)
        sums = np.add.reduceat(nats, starts, dtype=np.float64) if len(nats) else np.zeros(0)
        return cls(sums, np.diff(np.append(starts, len(nats))))

    @classmethod
    def of_parts(cls, parts: Iterable[np.ndarray]) -> Blocks:
        """The same of nats that come in parts, one after another. Of more than MOST blocks, two become one."""
        found, size = cls(np.zeros(0), np.zeros(0, np.int64)), BLOCK
        held = np.zeros(0, np.float32)
        for part in parts:
            nats = np.concatenate([held, part])
            whole = len(nats) - len(nats) % size
            found, held = found.followed_by(cls.of(nats[:whole], size)), nats[whole:]
            while len(found.nats) > MOST and len(found.nats) % 2 == 0:  # an odd number waits for another block
                found, size = cls(found.nats.reshape(-1, 2).sum(1), found.characters.reshape(-1, 2).sum(1)), 2 * size
        return found.followed_by(cls.of(held, size))

    def followed_by(self, other: Blocks) -> Blocks:
        """These blocks and then the others."""
        return Blocks(np.concatenate([self.nats, other.nats]), np.concatenate([self.characters, other.characters]))

    @property
    def score(self) -> Score:
        return Score(float(self.nats.sum()), int(self.characters.sum()))

    def together(self) -> Blocks:
        """Those that begin within the same 1,000 characters put together: of short records there are many."""
        groups = (np.cumsum(self.characters) - self.characters) // BLOCK
        _, starts = np.unique(groups, return_index=True)
        if not len(starts):
            return self
        return Blocks(np.add.reduceat(self.nats, starts), np.add.reduceat(self.characters, starts))


def mean_interval(found: Blocks) -> Interval | None:
    """The interval of the mean nats per character; None if there are under ten blocks."""
    return bootstrap_interval(found.nats, found.characters)


def paired_interval(found: Blocks, first: Blocks) -> Interval | None:
    """The interval of the mean difference from the first, in nats per character.

    None if there are under ten blocks, or if the blocks are not of the same characters.
    """
    if not np.array_equal(found.characters, first.characters):
        return None
    return bootstrap_interval(found.nats - first.nats, found.characters)
