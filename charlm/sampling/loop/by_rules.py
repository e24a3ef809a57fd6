"""Generation by all rules of decoding: the model takes a step for every symbol, and numpy draws.

Every sample is a row; it has random numbers of its own. Knows no model by name. Shape letters: B rows, V symbols.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence, Set
from typing import TYPE_CHECKING, Any

import numpy as np

from charlm.model.state import take_rows
from charlm.sampling.loop.masks import Masks
from charlm.sampling.loop.rows import Round, first_rows, kept_rows, next_uniforms, non_finite_rows
from charlm.sampling.rules.decoding import Decoding
from charlm.sampling.rules.drawing import draw_bounded, draw_rows, first_bounds

if TYPE_CHECKING:
    from charlm.sampling.loop.generation import Model, Read


def drawn_by_rules(
    model: Model[Any],
    after: Read[Any],
    decoding: Decoding,
    length: int,
    streams: Sequence[np.random.Generator],
    ended: Set[int],
    masks: Masks,
) -> Iterator[Round]:
    """The rounds of `generate`, whose arguments these are."""
    samples, logits, state = first_rows(after, len(streams))
    recent: list[deque[Any]] = [deque(after.ids, maxlen=decoding.repetition_window) for _ in samples]
    rows = masks.begin(decoding, after.ids, len(samples)) if masks.needed_for(decoding) else None
    bounds = first_bounds(decoding, len(samples))
    uniforms = np.empty((0, len(samples)))
    while length:
        if not uniforms.size:
            uniforms = next_uniforms(streams, samples, length)
        allowed = rows.allowed(logits, length) if rows else None
        if decoding.mirostat:
            ids, bounds = draw_bounded(logits, decoding, recent, uniforms[0], allowed, bounds)
        else:
            ids = draw_rows(logits, decoding, recent, uniforms[0], allowed)
        uniforms = uniforms[1:]
        length -= 1
        errors = non_finite_rows(samples, logits) if None in ids else {}
        if rows:
            round_ = rows.round(samples, logits, ids, errors)
        else:
            drawn = zip(samples, ids, strict=True)
            round_ = Round({sample: [symbol] for sample, symbol in drawn if symbol is not None}, errors)
        yield round_
        if not length:
            return
        ends = round_.ends
        if ends or not ended.isdisjoint(samples):
            kept = kept_rows(samples, ended, ends)
            if not kept:
                return
            samples, ids = [samples[row] for row in kept], [ids[row] for row in kept]
            recent, bounds = [recent[row] for row in kept], [bounds[row] for row in kept]
            state, uniforms = take_rows(state, np.array(kept)), uniforms[:, kept]
            if rows:
                rows.keep(kept)
        if decoding.reads_back:
            for symbols, symbol in zip(recent, ids, strict=True):
                symbols.append(symbol)
        logits, state = model.step(np.array(ids), state)
