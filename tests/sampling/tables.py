"""Models that are tables of logits, and what samples of a model are, together and alone."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from charlm.randomness import sample_stream
from charlm.sampling.constraints.costs import cost
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


def decoding_of(rules):
    """The decoding that a model is given as rules."""
    values = {{"typ_p": "typical"}.get(name, name): value for name, value in rules}
    return Decoding(samplers=[name for name, _ in rules], **values)


class DrawsByItself(Bigrams):
    """Draws as decoding does, a few ids at a time, and records how many it was asked for."""

    together = 3

    def __init__(self, table):
        super().__init__(table)
        self.asked = []

    def generate_next(self, logits, state, rules, uniforms, walk=None):
        assert np.isfinite(logits).all()
        self.asked.append(len(uniforms))
        drawn, decoding = [], decoding_of(rules)
        if walk:
            walk.written, walk.bits = np.zeros(len(logits), np.int64), np.zeros((0, len(logits)))
        for now in uniforms[: self.together]:
            if not np.isfinite(logits).all() or (walk and (walk.states < 0).all()):
                break
            allowed = (walk.needed[walk.states] < walk.left) | (walk.states < 0)[:, None] if walk else None
            drawn.append(draw_rows(logits, decoding, [()] * len(logits), now, allowed))
            if walk:
                going = walk.states >= 0
                walk.left -= 1
                walk.written = walk.written + going
                walk.bits = np.vstack([walk.bits, cost(logits, allowed)])
                walk.states = np.where(going, walk.steps[walk.states, drawn[-1]], walk.states)
            logits, state = self.step(np.array(drawn[-1]), state)
        return np.array(drawn), logits, state
