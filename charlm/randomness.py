"""Seeds. One seed gives many independent streams, each with a name, so that what one part draws never shifts another.

Evaluation and sampling have streams of their own: they leave the training's alone.
"""

from __future__ import annotations

import secrets
import zlib

import numpy as np


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """The random stream of that name under that seed. Philox (Salmon et al. 2011): the same everywhere."""
    words = [name if isinstance(name, int) else zlib.crc32(name.encode()) for name in names]
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, *words])))


def sample_stream(seed: int, sample: int) -> np.random.Generator:
    """The random numbers of sample 0, 1, ... under a seed: independent of each other, the same on every machine."""
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(seed, spawn_key=(sample,))))


def fresh_seed() -> int:
    """A seed that nobody chose, short enough to be typed again."""
    return secrets.randbelow(2**31)
