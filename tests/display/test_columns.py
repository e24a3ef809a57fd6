"""Aligned columns, whatever is in them."""

from charlm.display.columns import columns


def test_columns_are_as_wide_as_their_widest_cell():
    assert columns([("a", "bcd"), ("ef", "g")]) == ["a   bcd", "ef  g"]


def test_wide_characters_take_two_cells():
    assert columns([("红楼", "x"), ("abcd", "y")]) == ["红楼  x", "abcd  y"]


def test_a_stranger_s_text_stays_on_its_line_and_steers_nothing():
    (line,) = columns([("a\nb\tc", "\x1b[31m\u202e")])
    assert line == "a b c  \\x1b[31m\\u202e"
