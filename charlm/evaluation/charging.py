"""What a score is charged for characters that the model does not know. Knows no text.

A model gives no probability to a character that is not in its vocabulary. To leave such characters out of a score
favours the model that knows fewer of them. So they can be charged as a code would pay for them, if the model's own code
is extended by an escape:

    escapes  Before each of n characters, one symbol says whether an unknown one follows. Its probability is estimated
             from those before it, by Krichevsky and Trofimov's rule: after k escapes among m characters, an escape has
             the probability (k + 1/2) / (m + 1). For u escapes in all, wherever they are, that is
             -ln [ Gamma(u + 1/2) Gamma(n - u + 1/2) / (pi Gamma(n + 1)) ] nats.
    names    Each unknown character is named among all that are not in the vocabulary, at the same cost: with V known
             characters, ln(1,112,064 - V) nats (the code points of Unicode without surrogates), which are about 20
             bits; in a model of bytes ln(256 - V).

             A grapheme cluster is named code point by code point, ln(1,112,064) nats each, and after each of them ln 2
             nats say whether the cluster goes on.

Between the known characters the state is carried over as if the unknown ones were not there. A text without unknown
characters is charged nothing, so the score of a model that knows every character stays as it is.

A model with an unknown symbol (text.min_count) has an escape of its own: it reads every unknown character as that
symbol, to which it gives a probability. Such a character costs what the symbol costs, and its name. This is always
charged, in training, in validation and in `charlm eval`: without the names, a model that knows fewer characters would
look better.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import lgamma, log, pi

from charlm.evaluation.score import Score
from charlm.text.vocabulary import Vocabulary

CODE_POINTS = 0x110000 - 0x800  # that may stand in a text: all but the surrogates


def charged(score: Score, unknown: Mapping[str, int], vocabulary: Vocabulary) -> Score:
    """The score of the known characters, with other ones, of which `unknown` has the counts, charged by the rule."""
    total = sum(unknown.values())
    if not total:
        return score
    characters = score.characters + total
    return Score(score.nats + escape_nats(total, characters) + total * name_nats(vocabulary, unknown), characters)


def escape_nats(escapes: int, characters: int) -> float:
    """The cost of saying which of `characters` are the `escapes` unknown ones."""
    known = characters - escapes
    return lgamma(characters + 1) + log(pi) - lgamma(escapes + 0.5) - lgamma(known + 0.5)


def name_nats(vocabulary: Vocabulary, unknown: Mapping[str, int]) -> float:
    """The mean cost of naming one of the characters that the vocabulary lacks. `unknown` has the count of each."""
    if vocabulary.unit == "grapheme":
        points = sum(count * len(cluster) for cluster, count in unknown.items())
        return points / max(1, sum(unknown.values())) * log(2 * CODE_POINTS)
    known = vocabulary.size - (vocabulary.unknown_id is not None)
    return log((CODE_POINTS if vocabulary.unit == "character" else 256) - known)
