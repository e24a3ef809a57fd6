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

Between the known characters the state is carried over as if the unknown ones were not there. A text without unknown
characters is charged nothing, so the score of a model that knows every character stays as it is.
"""

from __future__ import annotations

from math import lgamma, log, pi

from charlm.evaluation.score import Score
from charlm.text.vocabulary import Vocabulary

CODE_POINTS = 0x110000 - 0x800  # that may stand in a text: all but the surrogates


def charged(score: Score, unknown: int, vocabulary: Vocabulary) -> Score:
    """The score of the known characters, with `unknown` other ones charged by the rule above."""
    if not unknown:
        return score
    characters = score.characters + unknown
    return Score(score.nats + escape_nats(unknown, characters) + unknown * name_nats(vocabulary), characters)


def escape_nats(escapes: int, characters: int) -> float:
    """The cost of saying which of `characters` are the `escapes` unknown ones."""
    known = characters - escapes
    return lgamma(characters + 1) + log(pi) - lgamma(escapes + 0.5) - lgamma(known + 0.5)


def name_nats(vocabulary: Vocabulary) -> float:
    """The cost of naming one character that the vocabulary lacks. It must lack some."""
    return log((CODE_POINTS if vocabulary.unit == "character" else 256) - vocabulary.size)
