"""Did-you-mean."""

import pytest

from charlm.config.layers import NAMES, SECTIONS
from charlm.config.suggestions import MAX_WORD, suggestion


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("hidden_size", "model.hidden_size"),  # the section was left out
        ("training.hidden_size", "model.hidden_size"),  # another section
        ("modle.hidden_size", "model.hidden_size"),
        ("model.hiddensize", "model.hidden_size"),
        ("model.n_layers", "model.num_layers"),
        ("lr", ""),  # nothing is near enough: better no advice than a wrong one
        ("learning_rte", "training.learning_rate"),
        ("training.step", "training.steps"),
        ("modle", "model"),
        ("sources", "text.sources"),
        ("zzzzqqqq", ""),
    ],
)
def test_what_was_meant(word, meant):
    assert suggestion(word, [*NAMES, *SECTIONS]) == (f"Did you mean {meant}?" if meant else "")


def test_a_very_long_word_was_not_mistyped():
    assert suggestion("model.hidden_size" * MAX_WORD, NAMES) == ""
