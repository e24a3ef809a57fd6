"""Where a model of pairs looks while it writes: alpha for one source. Knows no files and no terminal.

Shape letters: T steps of the target, its end included, J characters of the source.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from charlm.model.probabilities import target_nats
from charlm.model.stack import Recurrence
from charlm.pairs.model import PairModel
from charlm.pairs.pair_lanes import batch_of
from charlm.pairs.pair_text import TAB, pairs_of_texts
from charlm.text.vocabulary import Vocabulary

END = "<end>"


@dataclass(frozen=True, eq=False)
class Look:
    """alpha (T, J): at each character of the target, how much each character of the source was looked at.

    `source` and `target` are symbols, the last of the target END; `nats` (T,) are those of the target's symbols.
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    alpha: np.ndarray
    nats: np.ndarray


def look_at(model: PairModel, vocabulary: Vocabulary, source: str, target: str, recurrence: Recurrence) -> Look:
    """Where a model of numpy arrays that attends looks while it writes this target, all of known characters."""
    pairs = pairs_of_texts([(source, target)], vocabulary)
    end = vocabulary.symbols.index("\n")
    batch = batch_of(pairs, vocabulary.symbols.index(TAB), end)
    read = model.read(batch.source, batch.lengths, end, recurrence)
    logits, _, alpha = model.write(read, batch.inputs, read.state, recurrence)
    assert alpha is not None, "the model attends"
    nats = target_nats(logits.astype(np.float64), batch.targets)[:, 0]
    symbols = [vocabulary.symbols[number] for number in batch.source[:, 0].tolist()]
    written = [vocabulary.symbols[number] for number in batch.targets[:-1, 0].tolist()]
    return Look(tuple(symbols), (*written, END), alpha[:, 0], nats)
