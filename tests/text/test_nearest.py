"""The known character that replaces an unknown one."""

import pytest

from charlm.text.nearest import nearest


@pytest.mark.parametrize(
    ("character", "known", "read_as"),
    [
        ("é", "e", "e"),
        ("É", "e", "e"),  # base letter, other case
        ("é", "ÉE", "É"),  # the other case keeps the accent
        ("E", "e", "e"),
        ("ﬁ", "fi", "fi"),
        ("ø", "o", "o"),
        ("ß", "s", "ss"),
        ("Æ", "Ae", "Ae"),
        ("“", '"', '"'),
        ("“", "'", "'"),
        ("'", "’", "’"),
        ("—", "-", "-"),
        ("…", ".", "..."),
        ("\u00a0", " ", " "),
        ("\t", " ", " "),
        ("\r", "\n ", "\n"),
        ("\u2028", "\n ", "\n"),
        ("²", "2", "2"),
        ("日", "abc", ""),
        ("é", "abc", ""),
        ("\ud800", "abc", ""),
    ],
)
def test_the_nearest_known_character(character, known, read_as):
    assert nearest(character, lambda one: one in known) == read_as
