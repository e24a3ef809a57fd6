"""How fast a model of given settings trains here: a few real updates, timed. Knows no files and no terminal."""

from __future__ import annotations

import time
from dataclasses import dataclass

from charlm.config.settings import Settings
from charlm.device import Compute
from charlm.text.corpus import Corpus
from charlm.training.plan import train_reader
from charlm.training.trainer import Trainer

RATE = 1e-3  # of the timed updates, whose weights are thrown away
MOST_UPDATES = 8
FEWEST = 2  # the first update is never the fastest


@dataclass(frozen=True)
class Speed:
    """Characters per second, and the seconds that it took to find out."""

    characters_per_second: float
    seconds: float


def measure_speed(settings: Settings, corpus: Corpus, compute: Compute, seconds: float = 5.0) -> Speed:
    """The speed of updates on this text with these settings: the best of a few.

    After this many seconds, two updates are enough. The best counts, since other programs may use the machine too.
    """
    reader = train_reader(settings, corpus)
    trainer = Trainer(settings, corpus.vocabulary.size, reader.batch_size, compute)
    began = time.perf_counter()  # what is built above, any training builds before its clock starts
    speeds: list[float] = []
    while len(speeds) < MOST_UPDATES and (len(speeds) < FEWEST or time.perf_counter() - began < seconds):
        before = time.perf_counter()
        result = trainer.update(reader, len(speeds), RATE)
        speeds.append(result.characters / (time.perf_counter() - before))
    return Speed(max(speeds), time.perf_counter() - began)
