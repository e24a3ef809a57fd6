"""What becomes of unknown characters, told as `Vocabulary.encode` does it."""

from __future__ import annotations

import pytest

from charlm.text.unknown import UnknownCharacters
from charlm.text.vocabulary import Vocabulary

VOCABULARY = Vocabulary.of("ae'-s\n")
TEXT = "aé’–ßЖ日É\r"


@pytest.mark.parametrize("policy", ["skip", "nearest"])
def test_it_agrees_with_encode(policy):
    encoded = VOCABULARY.encode(TEXT, policy)
    lacking = UnknownCharacters.of(VOCABULARY, encoded.unknown, policy)
    told = "".join(lacking.read_as.get(one, "" if one in lacking.left_out else one) for one in TEXT)
    assert told == VOCABULARY.decode(encoded.ids)
    assert lacking.total == sum(lacking.replaced.values()) + sum(lacking.left_out.values())
    assert bool(lacking.replaced) == (policy == "nearest")
