"""Random streams by seed and name. Each is independent, so what one part draws does not change what another draws.

Scores and samples have streams of their own and leave those of training untouched. The generator is Philox (Salmon et
al. 2011), which gives the same numbers on every machine. Knows no model and no text.
"""

from __future__ import annotations

import secrets
import zlib

import numpy as np


def named_stream(seed: int, *names: str | int) -> np.random.Generator:
    """The stream of that name under that seed. A name is made of words and numbers."""
    words = [name if isinstance(name, int) else zlib.crc32(name.encode()) for name in names]
    return _philox(np.random.SeedSequence([seed, *words]))


def record_stream(seed: int, epoch: int) -> np.random.Generator:
    """The stream that puts the records of an epoch in order."""
    return named_stream(seed, epoch)


def sample_stream(seed: int, sample: int) -> np.random.Generator:
    """The stream of one sample of several: numbered from 0, independent of how many samples are drawn together."""
    return _philox(np.random.SeedSequence(seed, spawn_key=(sample,)))


def fresh_seed() -> int:
    """A random seed, short enough to type again."""
    return secrets.randbelow(2**31)


def _philox(sequence: np.random.SeedSequence) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(sequence))
