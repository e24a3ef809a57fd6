"""The n-grams that a model is mixed with, and the weights that the mixture begins with. Knows no files and no model.

An n-gram predicts best beside a model with another order than alone: the model knows what is usual, and long contexts
know what stands there word for word. One that goes on counting knows the training part and the text; a second one
counts the text alone, where what is new in it stands out. docs/scores.md has the figures.
"""

from __future__ import annotations

from collections.abc import Sequence

from charlm.baselines.ngram import NGram, NGramReader, new_ngram
from charlm.evaluation.mixing import LogLinear

ALONE, BESIDE = 6, 8  # orders
EMPTY = (1.0, 0.0)  # the weights to begin with of a model and of an n-gram that has counted nothing
COUNTED = (0.65, 0.35)  # of a model and of an n-gram that has counted a training text
NEW = (*COUNTED, 0.0)  # the same, and of one that has counted nothing


def readers_beside(counts: NGram, counting: bool) -> Sequence[NGramReader]:
    """What reads a text beside a model: an n-gram that has counted the training part; with one of the text alone, if
    they are `counting` what they read."""
    readers = [counts.reader(counting)]
    return [*readers, new_ngram(counts.order, counts.vocab_size).reader(counting=True)] if counting else readers


def blend_beside(counting: bool) -> LogLinear:
    """The mixture of a model and of `readers_beside`."""
    return LogLinear(NEW if counting else COUNTED)
