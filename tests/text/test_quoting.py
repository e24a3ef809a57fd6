"""Symbols as a person is shown them."""

import pytest

from charlm.text.quoting import UNKNOWN_NAME, quoted


@pytest.mark.parametrize(
    ("symbol", "shown"),
    [
        ("a", "'a'"),
        ("\n", r"'\n'"),
        ("'", '"\'"'),
        ("e\u0301", "'e\u0301'"),
        ("👨\u200d👩", "'👨\u200d👩'"),
        ("\x1b\u0301", r"'\x1b́'"),
        ("", UNKNOWN_NAME),
    ],
)
def test_clusters_are_shown_as_they_are_and_controls_are_not(symbol, shown):
    assert quoted(symbol) == shown
