"""What a model has learned once it has read a whole text, to write with. Knows no files. N symbols of the text."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from charlm.adaptation.adapting import AdaptingModel
from charlm.adaptation.rule import Rule
from charlm.adaptation.scales import gradient_scales
from charlm.errors import TextError
from charlm.model.language_model import LanguageModel
from charlm.text.length import require_two

MOST = 2_000_000  # characters that are read: some minutes
BLOCK = 2048  # symbols that are predicted at a time: their distributions are in memory together


def learned(
    model: LanguageModel,
    ids: np.ndarray,
    end: int | None,
    where: str,
    rate: float | None = None,
    tell: Callable[[int], object] | None = None,
) -> dict[str, np.ndarray]:
    """The weights of the model, float32, after it has read ids (N,) once and learned from them. Its own stay.

    `end` ends a record, in a model of records. The scales of the rule come from this text: none is scored here, so it
    need not be kept apart. `tell` is told how many symbols are read. Raises TextError, with the name `where`, if the
    text is too short or too long, DivergedError if the rate, 0 or more, is too high.
    """
    require_two(ids.size, "The text to adapt to", where)
    if ids.size > MOST:
        what = f"The text to adapt to has {ids.size:,} characters, and {MOST:,} are the most"
        raise TextError(what, where, "Train on it, from the run: charlm train TEXT --from RUN")
    rule = Rule() if rate is None else Rule(rate=rate)
    adapting = AdaptingModel(model, gradient_scales(model, ids, rule.segment), rule, end)
    for start in range(0, len(ids), BLOCK):
        adapting.read(ids[start : start + BLOCK].astype(np.int64))
        if tell is not None:
            tell(min(start + BLOCK, len(ids)))
    return adapting.parameters()
