"""The constraint that options ask for, made for a vocabulary: a pattern, a character class, a list of words, UTF-8.

Several are one: the text satisfies them all. Knows no files and no model.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from charlm.errors import UsageError
from charlm.sampling.constraints.automaton import Automaton, TooLargeError, both
from charlm.sampling.constraints.characters import class_automaton, valid_utf8
from charlm.sampling.constraints.constraint import Constraint, of_records
from charlm.sampling.constraints.patterns import pattern_automaton
from charlm.sampling.constraints.word_lists import words_automaton
from charlm.text.vocabulary import UNITS, Vocabulary


@dataclass(frozen=True)
class Asked:
    """What is asked of a text: that it matches a pattern, has characters of a class alone, words of a list alone, or
    is valid UTF-8. None, or False, asks nothing."""

    regex: str | None = None
    only: str | None = None
    words: Collection[str] | None = None
    utf8: bool = False

    @property
    def options(self) -> list[str]:
        """The options that ask for something."""
        given = {"--regex": self.regex, "--only": self.only, "--words": self.words, "--utf8": self.utf8 or None}
        return [option for option, value in given.items() if value is not None]


def make_constraint(asked: Asked, vocabulary: Vocabulary, length: int, end: int | None) -> Constraint | None:
    """The constraint for texts of at most `length` symbols, and in a model of records with the id `end` after them.

    None if nothing is asked. Raises UsageError if no text of that length can do what is asked, and as the makers do.
    """
    where = " ".join(asked.options)
    whole = [class_automaton(asked.only, vocabulary)] if asked.only is not None else []
    whole += [words_automaton(asked.words, vocabulary)] if asked.words is not None else []
    whole += [valid_utf8(vocabulary)] if asked.utf8 else []
    patterns = [pattern_automaton(asked.regex, vocabulary)] if asked.regex is not None else []
    if not (whole or patterns):
        return None
    automaton = _all([*whole, *patterns], where)
    if end is not None:
        constraint = of_records(automaton, end)
    else:
        # what the other constraints forbid never ends a text: the model must write something else
        leaving = np.ones(vocabulary.size, bool)
        for each in whole:
            leaving &= (each.table >= 0).any(axis=0)
        constraint = Constraint(automaton, leaving if patterns else None)
    if constraint is None:
        raise UsageError("No record matches: it would have the record's end within it", where, "Ask for less.")
    if length and constraint.fewest > length:
        raise UsageError(
            f"{length} {UNITS[vocabulary.unit]} are too few: the shortest text has {constraint.fewest:,}",
            f"--length {length} {where}",
            f"Give --length {constraint.fewest} or more.",
        )
    return constraint


def _all(automata: Sequence[Automaton], where: str) -> Automaton:
    """The automaton of what all accept. Raises UsageError if there is nothing but perhaps the empty text."""
    remedy = "Leave one of them out."
    try:
        found: Automaton | None = automata[0]
        for other in automata[1:]:
            found = found and both(found, other)
    except TooLargeError:
        raise UsageError("Together they have too many states", where, remedy) from None
    if found is None or (found.table[0] < 0).all():
        raise UsageError("No text satisfies them all", where, remedy)
    return found
