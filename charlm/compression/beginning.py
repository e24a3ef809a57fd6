"""A model that begins from nothing: what it is before it has learned from a text, as a file says it. Knows no file.

Its symbols are those that occur at least twice in the beginning of the text, of characters; all others are named by
their bytes when they come (escapes.py). A text that is no UTF-8, or has very many characters, is read as bytes.

In a file: the unit; for characters, how many symbols there are, the code point of the first and, of each other one, by
how much it is greater than the one before it; then units, layers, characters of a segment and repetitions. All models
begin with the weights of one seed. Shape letter: V symbols.
"""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from charlm.adaptation.plan import Plan
from charlm.config.settings import ModelSettings
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.randomness import named_stream
from charlm.text.vocabulary import UNKNOWN, Vocabulary

SEED = 0
CELL = "mut1"  # of those that were tried, it learned most from few symbols
LOOKED_AT = 2**20  # bytes of the beginning of the text
MOST_SYMBOLS = 512  # of characters
MOST_UNITS, MOST_LAYERS, MOST_SEGMENT, MOST_REPEATS = 4096, 8, 4096, 64
BYTES = Vocabulary(tuple(map(chr, range(256))), "byte")


@dataclass(frozen=True)
class Beginning:
    """The vocabulary, the size of a stack of layers, and how it learns but for the rate."""

    vocabulary: Vocabulary
    units: int = 256
    layers: int = 1
    plan: Plan = field(default_factory=Plan)

    def model(self) -> LanguageModel:
        """The model, which has learned nothing."""
        settings = ModelSettings(cell=CELL, hidden_size=self.units, num_layers=self.layers)
        return LanguageModel(settings, initial_parameters(settings, self.vocabulary.size, named_stream(SEED, "model")))

    def numbers(self) -> Iterator[int]:
        """What a file says."""
        if self.vocabulary.unit == "byte":
            yield 1
        else:
            known = [ord(symbol) for symbol in self.vocabulary.symbols if symbol]
            yield from (0, len(known), *np.diff(known, prepend=0).tolist())
        yield from (self.units, self.layers, self.plan.segment, self.plan.repeats)

    @classmethod
    def read(cls, number: Callable[[], int]) -> Beginning:
        """What those numbers, given one by one, say. Raises ValueError if they cannot be."""
        vocabulary = BYTES
        if not number():
            count = number()
            if not 0 < count <= MOST_SYMBOLS:
                raise ValueError("its model has an impossible number of symbols")
            points = np.cumsum([min(number(), 0x110000) for _ in range(count)]).tolist()
            if points[-1] >= 0x110000:
                raise ValueError("one of its symbols is no character")
            vocabulary = Vocabulary((UNKNOWN, *map(chr, points)))
        sizes = [number() for _ in range(4)]
        least, most = (1, 1, 1, 0), (MOST_UNITS, MOST_LAYERS, MOST_SEGMENT, MOST_REPEATS)
        if not all(low <= size <= high for low, size, high in zip(least, sizes, most, strict=True)):
            raise ValueError("its model has an impossible size")
        units, layers, segment, repeats = sizes
        return cls(vocabulary, units, layers, Plan(segment=segment, repeats=repeats))


def beginning_of(text: bytes) -> Beginning:
    """What suits a text that begins so."""
    return Beginning(_vocabulary(text))


def _vocabulary(text: bytes) -> Vocabulary:
    try:
        decoded = codecs.getincrementaldecoder("utf-8")().decode(text)  # a character may be cut at the end
    except UnicodeDecodeError:
        return BYTES
    counts = Counter(decoded)
    if "\r\n" in decoded and counts["\n"] > 1:
        del counts["\r"]  # then line ends of Windows are one symbol (symbols.py)
    frequent = sorted(character for character, count in counts.items() if count > 1)
    return Vocabulary((UNKNOWN, *frequent)) if 0 < len(frequent) <= MOST_SYMBOLS else BYTES
