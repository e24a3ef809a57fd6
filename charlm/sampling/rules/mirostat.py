"""Mirostat: a cut that moves so that the text stays about as surprising as was asked. Pure functions. V symbols.

A symbol's surprise is -log2 of its probability. `mu`, in bits, bounds the surprise; after each symbol it falls by the
rate times what that symbol's surprise was above the target. Version 1 keeps the k likeliest, with k from mu and the
exponent of a Zipf law that is fitted to the likeliest symbols; version 2 keeps the symbols whose surprise is at most
mu. (Basu et al. 2021, Mirostat; details as in llama.cpp, where mu begins at twice the target.)
"""

from __future__ import annotations

import math

import numpy as np

from charlm.sampling.rules.logits import Logits, Probabilities, descending, only, softmax

FITTED = 100  # symbols that the Zipf law of version 1 is fitted to


def first_mu(target: float) -> float:
    """The bound on surprise before the first symbol, in bits."""
    return 2 * target


def cut(logits: Logits, version: int, mu: float) -> Logits:
    """The logits of the symbols that are kept, at least one, and -inf for the others."""
    order = descending(logits)
    chances = softmax(logits)[order]
    if version == 2:
        with np.errstate(divide="ignore"):  # an excluded symbol is infinitely surprising
            kept = int(np.count_nonzero(-np.log2(chances) <= mu))
    else:
        kept = _zipf_k(chances, mu)
    return only(logits, order[: max(kept, 1)])


def next_mu(mu: float, chances: Probabilities, drawn: int, rate: float, target: float) -> float:
    """The bound after a symbol was drawn from these probabilities, which need not add up to 1."""
    # Differences of logarithms here and below: a quotient with the smallest of numbers is 0 or infinite.
    surprise = math.log2(chances.sum()) - math.log2(chances[drawn])
    return mu - rate * (surprise - target)


def _zipf_k(chances: Probabilities, mu: float) -> int:
    """How many of these descending probabilities have a surprise of about mu on the Zipf law that fits them."""
    likeliest = chances[:FITTED]
    likeliest = likeliest[likeliest > 0]
    if len(likeliest) < 2:
        return 1
    ranks = np.arange(1, len(likeliest))
    steps = np.log((ranks + 1) / ranks)
    exponent = float(steps @ (np.log(likeliest[:-1]) - np.log(likeliest[1:])) / (steps @ steps))
    size, excess = len(chances), exponent - 1
    # (1 - V ** -excess) / excess, the mass of the law; its limit where the exponent is 1
    mass = math.log(size) if abs(excess) < 1e-9 else -math.expm1(-excess * math.log(size)) / excess
    if exponent <= 0:
        return size  # all are equally likely
    bits = (mu - math.log2(mass)) / exponent
    return size if bits >= math.log2(size) else int(2.0**bits)
