"""One wording for a text that is too short."""

from __future__ import annotations

import pytest

from charlm.errors import TextError
from charlm.text.length import require_two


def test_two_characters_are_enough():
    require_two(2, "The text", "here")


@pytest.mark.parametrize(
    ("characters", "unknown", "what"),
    [
        (0, False, "has no characters, and"),
        (1, False, "has one character, and"),
        (1, True, "that the model knows, and"),
    ],
)
def test_fewer_are_an_error_that_says_what_helps(characters, unknown, what):
    with pytest.raises(TextError, match=what) as caught:
        require_two(characters, "The text", "here", unknown)
    assert ("trained on" in caught.value.remedy) == unknown
