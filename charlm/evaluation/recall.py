"""How well a model answers in a recall text (charlm.text.synthetic). Knows no training, no files and no torch.

The lines are read in B lanes side by side, each with its state carried from line to line, and each, but the one at the
text's beginning, after the line that stands before its own: models hardly know the state before a first character.
Shape letters: T time, which is the length of a line, B rows, V symbols.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from charlm.errors import TextError
from charlm.evaluation.scorers import nats_of
from charlm.model.language_model import LanguageModel
from charlm.model.state import reset_rows
from charlm.text.synthetic import FRAME, QUESTION
from charlm.text.vocabulary import Vocabulary

LANES = 64


@dataclass(frozen=True)
class Answers:
    """Over all lines: the share in which the right key was held likeliest of all symbols, and the mean of its nats."""

    lines: int
    accuracy: float
    nats: float


def answers(model: LanguageModel, vocabulary: Vocabulary, text: str, lanes: int = LANES) -> Answers:
    """What the model says after each question mark. Raises TextError where the text is none that `recall` makes."""
    ids = _lines(vocabulary, text)
    count, length = ids.shape
    each = -(-count // min(lanes, count))  # lines of a lane; only the last lane may have fewer
    rows = -(-count // each)
    padded = np.concatenate([ids, np.repeat(ids[-1:], rows * each - count, axis=0)])
    by_turn = padded.reshape(rows, each, length).transpose(1, 2, 0)  # (turn, T, B)

    earlier = padded[np.arange(rows) * each - 1].T  # (T, B)
    _, state = model.forward(earlier, model.fresh_state(rows))
    state = reset_rows(state, (np.arange(rows) == 0).astype(np.float32))
    right, nats = np.empty((each, rows), bool), np.empty((each, rows))
    for turn, line in enumerate(by_turn):
        logits, state = model.forward(line, state)
        asked, answer = logits[-3].astype(np.float64), line[-2]  # (B, V) after the question mark, and (B,)
        nats[turn] = nats_of(asked, answer)
        right[turn] = asked.argmax(axis=-1) == answer
    return Answers(count, float(right.T.ravel()[:count].mean()), float(nats.T.ravel()[:count].mean()))


def _lines(vocabulary: Vocabulary, text: str) -> np.ndarray:
    """The ids of a recall text, a row for each line, its newline included."""
    lines = text.splitlines(keepends=True)
    length = len(lines[0]) if lines else 0
    for number, line in enumerate(lines or [""], 1):
        if len(line) != length or length < FRAME or line[0] != line[-2] or line[-3] != QUESTION or line[-1] != "\n":
            raise TextError(
                "This is no recall text: a line is a key, noise, a question mark, the key, all lines of one length",
                f"line {number}",
                "Make one with: charlm data synthetic recall --gap 50",
            )
    return vocabulary.encode(text).ids.astype(np.int64).reshape(len(lines), length)
