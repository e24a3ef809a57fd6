"""Models that are tables of logits, and what samples of a model are, together and alone."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from charlm.randomness import sample_stream
from charlm.sampling.loop.generation import generate
from charlm.sampling.rules.decoding import Decoding
from charlm.sampling.rules.drawing import draw_rows

V = 9


class Last(NamedTuple):
    id: np.ndarray  # (B, 1) the id read last


class Bigrams:
    """A table of logits, plus half the logits of the symbol before the last."""

    batch_invariant = True

    def __init__(self, table):
        self.table = np.asarray(table, np.float32)
        self.rows = []

    def fresh(self, rows):
        return (Last(np.zeros((rows, 1), int)),)

    def step(self, ids, state):
        self.rows.append(len(ids))
        return self.table[ids] + self.table[state[0].id[:, 0]] / 2, (Last(np.array(ids)[:, None]),)


def random_table(seed=0):
    return np.random.default_rng(seed).normal(size=(V, V)) * 2


def together(model, after, decoding, length, numbers, ends=lambda sample, ids: False):
    """What each sample drew, and an IntegrityError if it met one; and the number of rounds."""
    drawn, ended, rounds = [[] for _ in numbers], set(), 0
    streams = [sample_stream(5, number) for number in numbers]
    for round_ in generate(model, after, decoding, length, streams, ended):
        ids, errors = round_.ids, round_.ends
        rounds += 1
        assert not ended & {*ids, *errors}
        for sample, symbols in ids.items():
            drawn[sample] += symbols
            if ends(sample, drawn[sample]):
                ended.add(sample)
        for sample, error in errors.items():
            drawn[sample].append(error)
    return drawn, rounds


def alone(model, after, decoding, length, number):
    (ids,), _ = together(model, after, decoding, length, [number])
    return ids


class DrawsByItself(Bigrams):
    """Draws as decoding does, up to three ids at a time."""

    def generate_next(self, logits, state, temperature, uniforms):
        drawn = []
        assert np.isfinite(logits).all()
        for now in uniforms[:3]:
            if not np.isfinite(logits).all():
                break
            drawn.append(draw_rows(logits, Decoding(temperature=temperature), [()] * len(logits), now))
            logits, state = self.step(np.array(drawn[-1]), state)
        return np.array(drawn), logits, state
