"""Generation by a model that draws several symbols at a time, by rules that need nothing but the logits.

It obeys a constraint by itself, after the first symbol. A limit on copies decides seldom: the model draws as if there
were none, and the rows say up to where that may be written. The symbol after that is drawn here, without those that are
forbidden. Knows no model by name.
Shape letters: N symbols, B rows, V symbols of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from typing import TYPE_CHECKING, Any

import numpy as np

from charlm.model.state import take_rows
from charlm.sampling.loop.masks import MaskedRows, Masks
from charlm.sampling.loop.rows import Round, first_rows, kept_rows, next_uniforms, non_finite_rows
from charlm.sampling.rules.decoding import Decoding
from charlm.sampling.rules.drawing import draw_rows

if TYPE_CHECKING:
    from charlm.sampling.loop.generation import GeneratingModel, Read

FIRST_BURST = 64  # symbols drawn together at first, and then as many again: few are in vain if a text ends early


def drawn_by_model(
    model: GeneratingModel[Any],
    after: Read[Any],
    decoding: Decoding,
    length: int,
    streams: Sequence[np.random.Generator],
    ended: Set[int],
    masks: Masks,
) -> Iterator[Round]:
    """The rounds of `generate`, whose arguments these are, for rules `of_logits` and one mask at most."""
    samples, logits, state = first_rows(after, len(streams))
    rows = masks.begin(decoding, after.ids, len(samples)) if masks.needed_for(decoding) else None
    rules = decoding.of_logits or ()
    uniforms = np.empty((0, len(samples)))
    whole = length
    while length:
        if np.isfinite(logits).all():
            if not uniforms.size:
                uniforms = next_uniforms(streams, samples, length)
            allowed = rows.allowed(logits, length) if rows and not rows.free else None
            if rows and allowed is not None:
                round_, taken = _masked(rows, samples, logits, decoding, uniforms[0], allowed)
                logits, state = model.step(taken[0], state)
            else:
                given = uniforms[: max(FIRST_BURST, whole - length)][: rows.ahead if rows else None]
                before, walk = (logits, state, rules), rows.walk(length) if rows else None
                taken, logits, state = model.generate_next(*before, given, walk)
                if rows and (most := rows.read(taken)) < len(taken):  # again, up to where some are forbidden
                    taken, logits, state = model.generate_next(*before, given[:most], None)
                if rows and walk:
                    round_ = rows.walked(samples, taken, walk)
                else:
                    round_ = Round(dict(zip(samples, taken.T.tolist(), strict=True)))
            uniforms = uniforms[len(taken) :]
            length -= len(taken)
        else:
            round_ = Round({}, dict(non_finite_rows(samples, logits)))
        yield round_
        if round_.ends or not ended.isdisjoint(samples):
            kept = kept_rows(samples, ended, round_.ends)
            if not kept:
                return
            samples, logits = [samples[row] for row in kept], logits[kept]
            state, uniforms = take_rows(state, np.array(kept)), uniforms[:, kept]
            if rows:
                rows.keep(kept)


def _masked(
    rows: MaskedRows,
    samples: Sequence[int],
    logits: np.ndarray[Any, Any],
    decoding: Decoding,
    uniforms: np.ndarray[Any, Any],
    allowed: np.ndarray[Any, Any],
) -> tuple[Round, np.ndarray[Any, Any]]:
    """The round of one symbol in each row, where some are forbidden, and the ids (1, B)."""
    ids = draw_rows(logits, decoding, [()] * len(samples), uniforms, allowed)
    return rows.round(samples, logits, ids, {}), np.array([ids])
