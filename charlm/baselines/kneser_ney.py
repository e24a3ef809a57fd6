"""A Kneser-Ney n-gram in plain Python: the definition that the fast form is tested against. Knows no text and no model.

Of the last k symbols (the context u) and the symbol w that follows them, for k = 0 to the order:

    c(u w)    in the longest contexts, how often w has followed u; in a shorter one, how many different symbols have
              stood before u when w followed (its continuations: "Francisco" is frequent, but after "San" alone)
    c(u .)    the sum of c(u w) over all w
    N_i(u)    how many w have c(u w) = i; the last, N_3, counts those with 3 or more

The probability is interpolated with that in the context u', which is u without its first symbol; below the empty
context is the uniform distribution over V symbols, so no symbol has the probability 0:

    p(w | u) = [ max(0, c(u w) - D(c(u w)))  +  (D_1 N_1(u) + D_2 N_2(u) + D_3 N_3(u)) p(w | u') ] / c(u .)

A context that was never followed by anything is passed over: p(w | u) = p(w | u'). There are three discounts for each
length of context, for counts of 1, of 2, and of 3 or more. With n_c the number of pairs (u, w) of this length that have
the count c, and Y = n_1 / (n_1 + 2 n_2),

    D_i = i - (i + 1) Y n_(i+1) / n_i

and i / 2 where that is not positive or divides by zero, as in texts of few symbols.

Source: Chen and Goodman, "An Empirical Study of Smoothing Techniques for Language Modeling" (1998), section 4.1.6.
The counts are kept while a text is read, symbol by symbol: w is counted in the longest context, and in each shorter one
only if it is new in the one before it. So an n-gram can go on counting in a text that it predicts.

The order is the length of the longest contexts, as for PPM: with order 6, the longest strings that are counted have 7
symbols. (Elsewhere the order of an n-gram may be n, the length of these strings.)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from copy import deepcopy

import numpy as np

LOWEST_ORDER, HIGHEST_ORDER = 0, 8  # of 0: single symbols, without a context

Context = tuple[int, ...]  # the last symbols, the newest at the end


class KneserNey:
    """The counts of an n-gram over ids from 0 to V - 1, with contexts of at most `order` symbols."""

    def __init__(self, order: int, vocab_size: int) -> None:
        self.order, self.vocab_size = order, vocab_size
        self.counts: list[dict[Context, Counter[int]]] = [{} for _ in range(order + 1)]  # [k][u][w]
        self.frequencies: list[Counter[int]] = [Counter() for _ in range(order + 1)]  # [k][c]: n_c

    def count(self, ids: Iterable[int]) -> None:
        """Count a text from its beginning, where contexts are shorter."""
        context: Context = ()
        for symbol in ids:
            self.count_symbol(context, int(symbol))
            context = self.longer(context, int(symbol))

    def count_symbol(self, context: Context, symbol: int) -> None:
        for k in reversed(range(len(context) + 1)):
            seen = self.counts[k].setdefault(_last(context, k), Counter())
            seen[symbol] += 1
            self.frequencies[k][seen[symbol] - 1] -= 1
            self.frequencies[k][seen[symbol]] += 1
            if seen[symbol] > 1:
                break

    def longer(self, context: Context, symbol: int) -> Context:
        """The context after the symbol."""
        return _last((*context, symbol), min(self.order, len(context) + 1))

    def distribution(self, context: Context) -> np.ndarray:
        """(V,) the probability of each symbol after the context."""
        p = np.full(self.vocab_size, 1 / self.vocab_size)
        for k in range(len(context) + 1):
            seen = self.counts[k].get(_last(context, k))
            if not seen:
                break
            d, total = self.discounts(k), sum(seen.values())
            p *= sum(d[min(count, 3)] for count in seen.values()) / total
            for symbol, count in seen.items():
                p[symbol] += (count - d[min(count, 3)]) / total
        return p

    def discounts(self, k: int) -> tuple[float, float, float, float]:
        """0, D_1, D_2 and D_3 of contexts of k symbols."""
        n = self.frequencies[k]
        y = n[1] / (n[1] + 2 * n[2]) if n[1] else 0.0
        found = [i - (i + 1) * y * n[i + 1] / n[i] if n[i] and y else 0.0 for i in (1, 2, 3)]
        one, two, three = (d if d > 0 else i / 2 for i, d in enumerate(found, 1))
        return 0.0, one, two, three

    def reader(self, counting: bool) -> KneserNeyReader:
        """A place at the beginning of a text. If `counting`, each symbol is counted after it was predicted."""
        return KneserNeyReader(self, counting)

    def side_by_side(self, rows: int, counting: bool) -> KneserNeyRows:
        """Places at the beginnings of as many texts. If `counting`, each symbol is counted after it was predicted."""
        return KneserNeyRows(self, rows, counting)

    def copy(self) -> KneserNey:
        """Another n-gram with the same counts."""
        return deepcopy(self)


class KneserNeyReader:
    """A text that is read in order with the counts of an n-gram. N symbols of a text, V symbols of the vocabulary."""

    def __init__(self, counts: KneserNey, counting: bool) -> None:
        self._counts, self.counting = counts, counting
        self._context: Context = ()

    def restart(self) -> None:
        """The next symbol begins a text. What was counted stays."""
        self._context = ()

    def distribution(self) -> np.ndarray:
        """(V,) the probability of each symbol that may come next."""
        return self._counts.distribution(self._context)

    def take(self, symbol: int) -> None:
        """The next symbol is this one."""
        if self.counting:
            self._counts.count_symbol(self._context, symbol)
        self._context = self._counts.longer(self._context, symbol)

    def read(self, ids: np.ndarray) -> np.ndarray:
        """ids (N,) -> log-probabilities (N, V), each row of the symbol that stands there, before it is read."""
        found = np.empty((len(ids), self._counts.vocab_size))
        for row, symbol in zip(found, ids.tolist(), strict=True):
            row[:] = self.distribution()
            self.take(symbol)
        return np.log(found, out=found)

    def nats(self, ids: np.ndarray) -> np.ndarray:
        """ids (N,) -> the nats of each (N,), as `read` predicts them."""
        found = np.empty(len(ids))
        for at, symbol in enumerate(ids.tolist()):
            found[at] = self.distribution()[symbol]
            self.take(symbol)
        return -np.log(found)


class KneserNeyRows:
    """Texts that are read side by side with the counts of an n-gram: B texts."""

    def __init__(self, counts: KneserNey, rows: int, counting: bool) -> None:
        self._readers, self.counting = [counts.reader(counting) for _ in range(rows)], counting

    def step(self, ids: np.ndarray) -> np.ndarray:
        """The next symbol of each text, ids (B,), negative for one that stays -> the probabilities (B, V) after it.

        Each text predicts with what all of them have counted.
        """
        for reader, symbol in zip(self._readers, ids.tolist(), strict=True):
            if symbol >= 0:
                reader.counting = self.counting
                reader.take(symbol)
        return np.stack([reader.distribution() for reader in self._readers])

    def keep(self, rows: int) -> None:
        """Go on with the first texts alone."""
        del self._readers[rows:]


def _last(context: Context, k: int) -> Context:
    return context[len(context) - k :]
