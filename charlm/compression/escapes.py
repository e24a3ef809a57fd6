"""What codes the characters that the model does not know: where they are, and what they are. Knows no model.

Before each character, an escape says whether it is an unknown one. Its probability is estimated from those before it by
Krichevsky and Trofimov's rule, as in evaluation/charging.py: after k escapes among m characters it is
(k + 1/2) / (m + 1). There are two such estimates, after a known character and after an unknown one.

Then the unknown character is named by its bytes in UTF-8. The probability of each is learned, too: after n bytes in the
same place, c of which were this one of S possible ones, it is (c + 1 / S) / (n + 1). A byte that is no text is named as
such.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from charlm.compression.integers import weights_of

NO_TEXT = 256  # in place of the first byte: a byte follows that is no part of a character
CONTINUATIONS = 64  # values of the bytes 0x80 to 0xBF, which continue a character

# Codes a symbol under probabilities (1, S): an encoder is given the symbol and returns it, a decoder finds it.
Exchange = Callable[[npt.NDArray[np.float32], int], int]


class EscapeRates:
    """The probabilities of an escape."""

    def __init__(self) -> None:
        self._escapes, self._seen = np.zeros(2), np.zeros(2)

    def after(self, escaped: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
        """escaped (B,): whether the last character was unknown -> the probability that the next one is, (B,)."""
        rates = (self._escapes + 0.5) / (self._seen + 1)
        return np.asarray(rates[escaped.astype(np.intp)])

    def learn(self, before: npt.NDArray[np.bool_], escaped: npt.NDArray[np.bool_]) -> None:
        """`before` is what `after` was given, `escaped` what came."""
        places = before.astype(np.intp)
        self._seen += np.bincount(places, minlength=2)
        self._escapes += np.bincount(places[escaped], minlength=2)


class Names:
    """The bytes of unknown characters, for both directions."""

    def __init__(self) -> None:
        self._counts: dict[int, npt.NDArray[np.float64]] = {}  # by the beginning: -1, NO_TEXT, or the byte before

    def exchange(self, exchange: Exchange, name: bytes = b"") -> bytes:
        """Code a name: a character's bytes in UTF-8, or one byte that is no text. A decoder gives no name."""
        is_text = not name or len(name) > 1 or name[0] < 0x80
        first = self._one(exchange, -1, NO_TEXT + 1, (name[0] if is_text else NO_TEXT) if name else 0)
        if first == NO_TEXT:
            return bytes([self._one(exchange, NO_TEXT, 256, name[0] if name else 0)])
        found = bytearray([first])
        while len(found) < _length(first):
            given = name[len(found)] - 0x80 if name else 0
            found.append(0x80 + self._one(exchange, found[-1], CONTINUATIONS, given))
        return bytes(found)

    def _one(self, exchange: Exchange, beginning: int, size: int, symbol: int) -> int:
        counts = self._counts.setdefault(beginning, np.zeros(size))
        found = exchange(weights_of((counts + 1 / size)[None] / (counts.sum() + 1)), symbol)
        counts[found] += 1
        return found


def _length(first: int) -> int:
    """The bytes of a character in UTF-8 that begins with this one. What never begins one has one."""
    return 1 + (first >= 0xC2) + (first >= 0xE0) + (first >= 0xF0) if first < 0xF5 else 1
