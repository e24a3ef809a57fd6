"""How well a model recalls the key in each line of a text of text/corpora/synthetic.py. Knows no training, no torch.

The lines are read in B lanes side by side, with the state carried from line to line. Every lane but the first reads
the line before its own first: models saw the state before a first character only once in training.

Shape letters: T time, which is the length of a line, B rows, V symbols.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from charlm.errors import TextError
from charlm.model.language_model import LanguageModel
from charlm.model.probabilities import target_nats
from charlm.model.state import reset_rows
from charlm.text.corpora.synthetic import FRAME, QUESTION
from charlm.text.vocabulary import Vocabulary

LANES = 64


@dataclass(frozen=True)
class RecallScore:
    """Over all lines: the share in which the key had the highest probability of all symbols, and its mean nats."""

    lines: int
    accuracy: float
    nats: float


def score_recall(model: LanguageModel, vocabulary: Vocabulary, text: str, lanes: int = LANES) -> RecallScore:
    """Score the predictions after each question mark. Raises TextError if the text is not one that `recall` makes."""
    ids = _lines(vocabulary, text)
    count, length = ids.shape
    per_lane = -(-count // min(lanes, count))  # lines of a lane; only the last lane may have fewer
    rows = -(-count // per_lane)
    padded = np.concatenate([ids, np.repeat(ids[-1:], rows * per_lane - count, axis=0)])
    turns = padded.reshape(rows, per_lane, length).transpose(1, 2, 0)  # (turn, T, B)

    earlier = padded[np.arange(rows) * per_lane - 1].T  # (T, B); for the first lane the last line, reset below
    _, state = model.forward(earlier, model.fresh_state(rows))
    state = reset_rows(state, (np.arange(rows) == 0).astype(np.float32))
    right, nats = np.empty((per_lane, rows), bool), np.empty((per_lane, rows))
    for turn, line in enumerate(turns):
        logits, state = model.forward(line, state)
        scores, key = logits[-3].astype(np.float64), line[-2]  # (B, V) after the question mark, and (B,)
        nats[turn] = target_nats(scores, key)
        right[turn] = scores.argmax(axis=-1) == key
    return RecallScore(count, float(right.T.ravel()[:count].mean()), float(nats.T.ravel()[:count].mean()))


def _lines(vocabulary: Vocabulary, text: str) -> np.ndarray:
    """The ids of a recall text, a row for each line, its newline included."""
    lines = text.splitlines(keepends=True)
    length = len(lines[0]) if lines else 0
    for number, line in enumerate(lines or [""], 1):
        if len(line) != length or length < FRAME or line[0] != line[-2] or line[-3] != QUESTION or line[-1] != "\n":
            raise TextError(
                "This is not a recall text: each line is a key, noise, a question mark and the key, all of one length",
                f"line {number}",
                "Make one with: charlm data synthetic recall --gap 50",
            )
    return vocabulary.encode(text).ids.astype(np.int64).reshape(len(lines), length)
