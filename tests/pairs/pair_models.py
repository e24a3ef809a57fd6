"""Small models of pairs with random weights, and sources of several lengths."""

from __future__ import annotations

import numpy as np

from charlm.config.settings import ModelSettings
from charlm.pairs.model import PairModel
from charlm.pairs.shapes import initial_pairs

V, END, START = 7, 0, 1
LENGTHS = np.array([2, 5, 1, 5, 3])
KINDS = {
    "joined": {"kind": "joined"},
    "encoder": {"kind": "encoder"},
    "encoder, in order": {"kind": "encoder", "reversed": False},
    "encoder, both ways": {"kind": "encoder", "both_ways": True},
    "encoder of another cell": {"kind": "encoder", "encoder_layers": ({"cell": "rnn", "hidden_size": 5},)},
    "additive": {"kind": "attending"},
    "additive, both ways, with a gate": {"kind": "attending", "both_ways": True, "gate": True},
    "additive, from the mean": {"kind": "attending", "mean_start": True, "reversed": False},
    "general": {"kind": "attending", "score": "general"},
    "general, both ways, with a gate": {"kind": "attending", "score": "general", "both_ways": True, "gate": True},
}


def settings_of(pairs, **model):
    return ModelSettings.model_validate(
        {"hidden_size": 6, "num_layers": 2, "embedding_dim": 4, **model, "pairs": pairs}
    )


def model_of(pairs, seed=1, **model):
    """A model whose weights are all random: none of them is zero."""
    settings, rng = settings_of(pairs, **model), np.random.default_rng(seed)
    values = initial_pairs(settings, V, rng)
    return PairModel(
        settings, {n: v + 0.3 * rng.standard_normal(v.shape).astype(np.float32) for n, v in values.items()}
    )


def sources(seed=2, lengths=LENGTHS):
    """(J, B) ids; padding has ids, too, which must not count."""
    return np.random.default_rng(seed).integers(2, V, (int(lengths.max()), len(lengths)))


def inputs(steps=4, seed=3):
    ids = np.random.default_rng(seed).integers(2, V, (steps, len(LENGTHS)))
    ids[0] = START
    return ids


def logits_of(model, source, lengths, given):
    read = model.read(source, lengths, END)
    return model.write(read, given, read.state)
