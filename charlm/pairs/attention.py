"""Soft attention over a source: where to look before, or after, each step of the decoder. Knows no cell.

Annotations a_j are what the encoder gave at each character j of the source. With h, the output of the decoder:

    additive   e_j = v . tanh(W_h h + W_a a_j + b)      h before the step     Bahdanau, Cho and Bengio 2015
    general    e_j = h . (W a_j)                        h after the step      Luong, Pham and Manning 2015
    alpha = softmax of e over the characters of the source, 0 on padding
    z = sum_j alpha_j a_j;  with a gate, z = sigma(w_g . h + b_g) z           Xu et al. 2015

v starts at 0, and so does W of the general form: at first, attention is even. Penalty of coverage, for each source:
sum_j (1 - sum_t alpha_tj)^2 (Xu et al. 2015).

Shape letters: T steps, B rows, J characters of the source, H decoder, A annotation, K keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from charlm.cells.arrays import Array, linear, sigmoid, softmax, tanh, transpose
from charlm.config.pair_settings import PairSettings

MASKED = -1e9  # added to a score, it leaves a weight of 0; -inf would give NaN in a row of padding alone


class Source(NamedTuple):
    """What is looked at: annotations (B, J, A), keys (B, J, K), and the masks (B, J), 0 or MASKED."""

    annotations: Array
    keys: Array
    mask: Array


def attention_shapes(pairs: PairSettings, hidden_size: int, width: int) -> dict[str, tuple[int, ...]]:
    """The shape of each weight, by name. `width` is that of an annotation."""
    if pairs.score == "general":
        named: dict[str, tuple[int, ...]] = {"key.weight": (hidden_size, width)}
    else:
        named = {
            "query.weight": (hidden_size, hidden_size),
            "key.weight": (hidden_size, width),
            "key.bias": (hidden_size,),
            "v": (hidden_size,),
        }
    if pairs.gate:
        named |= {"gate.weight": (1, hidden_size), "gate.bias": (1,)}
    return named


def initial_attention(
    rng: np.random.Generator, pairs: PairSettings, hidden_size: int, width: int
) -> dict[str, np.ndarray]:
    """Weights to start from, float32: matrices uniform with the variance 2 / (in + out) (Glorot and Bengio 2010)."""
    values = {}
    for name, shape in attention_shapes(pairs, hidden_size, width).items():
        even = len(shape) == 1 or (pairs.score == "general" and name == "key.weight")
        bound = 0.0 if even else (6 / sum(shape)) ** 0.5
        values[name] = rng.uniform(-bound, bound, shape).astype(np.float32)
    return values


def source_of(weights: Mapping[str, Array], annotations: Array, mask: Array) -> Source:
    """Annotations (B, J, A) and their mask, with the keys, which are worked out once."""
    bias = weights.get("key.bias")
    keys = annotations @ weights["key.weight"].T if bias is None else linear(annotations, weights["key.weight"], bias)
    return Source(annotations, keys, mask)


def look_before(weights: Mapping[str, Array], source: Source, h: Array) -> tuple[Array, Array]:
    """Additive: h (B, H) -> z (B, A), alpha (B, J)."""
    query = h @ weights["query.weight"].T
    scores = tanh(source.keys + query[:, None]) @ weights["v"]
    alpha = softmax(scores + source.mask)
    z = (alpha[:, None] @ source.annotations)[:, 0]
    return _gated(weights, z, h), alpha


def look_after(weights: Mapping[str, Array], source: Source, h: Array) -> tuple[Array, Array]:
    """General, for all steps at once: h (T, B, H) -> z (T, B, A), alpha (T, B, J)."""
    by_row = transpose(h, (1, 0, 2))  # (B, T, H)
    alpha = softmax(by_row @ transpose(source.keys, (0, 2, 1)) + source.mask[:, None])
    z = transpose(alpha @ source.annotations, (1, 0, 2))
    return _gated(weights, z, h), transpose(alpha, (1, 0, 2))


def coverage_penalty(alpha: Array, real: Array, there: Array) -> Array:
    """alpha (T, B, J), real (T, B): 1 for the steps that count, there (B, J) -> the penalty, summed over the rows."""
    looked = (alpha * real[..., None]).sum(0)
    return (((1 - looked) * there) ** 2).sum()


def _gated(weights: Mapping[str, Array], z: Array, h: Array) -> Array:
    if "gate.weight" not in weights:
        return z
    return sigmoid(linear(h, weights["gate.weight"], weights["gate.bias"])) * z
