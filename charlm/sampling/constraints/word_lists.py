"""Texts of the words of a list as an automaton: a trie, and between two words at least one character of no word.

Case counts. Knows no model and no files.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Hashable, Mapping

import numpy as np

from charlm.errors import UsageError
from charlm.sampling.constraints.automaton import Automaton, TooLargeError, explored, repeated
from charlm.sampling.constraints.characters import of_points, points_matching
from charlm.text.vocabulary import Vocabulary

BEGINNING = 0  # the trie's root, between two words
NOWHERE = -1
WORD_CHARACTER = re.compile(r"\w")


def known_words(words: Collection[str], vocabulary: Vocabulary) -> list[str]:
    """The words that the vocabulary can write, each once, in order."""
    return [word for word in dict.fromkeys(words) if word and not vocabulary.encode(word, "skip").unknown]


def words_automaton(words: Collection[str], vocabulary: Vocabulary) -> Automaton:
    """Any text whose words are all in the list. Words have to be known (`known_words`).

    Between words stands what is in no word of the list and is no letter, digit or underscore. Raises UsageError if
    there are no words, or too many.
    """
    where = "--words"
    if not words:
        raise UsageError("The list has no word that the model can write", where, "Give a file of words.")
    tries: list[dict[int, int]] = [{}]
    ends = {BEGINNING}
    for word in words:
        node = BEGINNING
        for symbol in vocabulary.encode(word).ids.tolist():
            if symbol not in tries[node]:
                tries[node][symbol] = len(tries)
                tries.append({})
            node = tries[node][symbol]
        ends.add(node)
    between = _between(words, vocabulary)

    def steps(state: tuple[int, int]) -> Mapping[int, Hashable]:
        """The next states: a place in the trie, and one in a character between words, NOWHERE for neither."""
        node, within = state
        found = {symbol: (after, _rest(after)) for symbol, after in (tries[node] if node >= 0 else {}).items()}
        if within >= 0:
            row = between.table[within]
            for symbol in np.flatnonzero(row >= 0).tolist():
                after = int(row[symbol])
                word, _ = found.get(symbol, (NOWHERE, 0))
                found[symbol] = (BEGINNING, 0) if after == 0 else (word, after)
        return found

    def _rest(node: int) -> int:
        return 0 if node in ends else NOWHERE

    def accepts(state: tuple[int, int]) -> bool:
        return state[0] in ends and state[1] == 0

    try:
        found = explored((BEGINNING, 0), steps, accepts, vocabulary.size)
    except TooLargeError:
        raise UsageError(f"{len(words):,} words are too many", where, "Give a shorter list.") from None
    assert found is not None
    return found


def _between(words: Collection[str], vocabulary: Vocabulary) -> Automaton:
    """Any text of the characters that stand between words."""
    within = set("".join(words))
    if vocabulary.unit != "byte":
        ids = [
            number
            for number, symbol in enumerate(vocabulary.symbols)
            if symbol and not within.intersection(symbol) and not WORD_CHARACTER.search(symbol)
        ]
        return repeated(ids, vocabulary.size)
    points = ~points_matching(WORD_CHARACTER)
    points[[ord(character) for character in within]] = False
    return of_points(points, vocabulary) or repeated([], vocabulary.size)
