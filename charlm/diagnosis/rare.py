"""Whether a text has so many rare characters that one unknown symbol should stand for them. Knows no model."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from charlm.config.settings import Settings
from charlm.diagnosis.command import GivenOptions
from charlm.diagnosis.finding import Finding
from charlm.text.corpus import Corpus
from charlm.text.statistics import symbol_counts
from charlm.text.vocabulary import UNITS

FEW = 3  # a symbol that occurs less often is rare
FEWEST, LEAST_SHARE = 50, 0.1  # rare symbols from which it is said, and their share of all symbols
SUGGESTED, MOST_OF_TEXT = (10, 5), 0.005  # larger values of min_count, if they take so little of the text


def check_rare(settings: Settings, corpus: Corpus, given: GivenOptions) -> Iterator[Finding]:
    """A finding with a value of text.min_count, if many symbols occur only once or twice."""
    if settings.text.min_count > 1 or corpus.vocabulary.unit == "byte":
        return
    counts = symbol_counts(corpus.ids, corpus.vocabulary.size)
    rare = int(np.count_nonzero(counts < FEW))
    if rare < max(FEWEST, LEAST_SHARE * len(counts)):
        return
    few = [value for value in SUGGESTED if counts[counts < value].sum() <= MOST_OF_TEXT * counts.sum()]
    value = few[0] if few else FEW
    below, share = int(np.count_nonzero(counts < value)), float(counts[counts < value].sum() / counts.sum())
    what = f"{rare:,} of {len(counts):,} symbols occur only once or twice, too few to learn them from"
    unit = UNITS[corpus.vocabulary.unit]
    remedy = (
        f"With this command the {below:,} {unit} that occur less than {value} times, {share:.2%} of the text, are one "
        "unknown symbol, and the model is smaller:"
    )
    arguments = ("-s", f"text.min_count={value}")
    command = given.train_command(corpus.sources, arguments)
    facts = {"rare": rare, "symbols": len(counts), "min_count": value, "share": share, "command": command}
    yield Finding("rare", "warn", what, remedy, facts, command=command)
