"""The field's other words lead to our settings."""

from __future__ import annotations

import pytest

from charlm.config.field_words import OTHER_WORDS, setting_called
from charlm.config.given import NAMES


def test_every_setting_exists_and_every_word_leads_to_one():
    assert set(OTHER_WORDS) <= set(NAMES)
    words = [word for listed in OTHER_WORDS.values() for word in listed.split()]
    assert len(words) == len(set(words))
    keys = {name.partition(".")[2].replace("_", "-") for name in NAMES}
    assert set(words) & keys == {"layers"}  # people give it a number; model.layers is a list


@pytest.mark.parametrize(
    ("word", "setting"),
    [("lr", "training.learning_rate"), ("model.hidden_dim", "model.hidden_size"), ("BPTT", "training.seq_len")],
)
def test_a_word_is_found_in_any_case_and_section(word, setting):
    assert setting_called(word) == setting
    assert setting_called("frobnicate") is None
