"""What commands print on stdout: aligned columns of any text, and JSON."""

from __future__ import annotations

import json

from charlm.display.output import align_columns, print_columns, print_json


def test_columns_are_as_wide_as_their_widest_cell():
    assert align_columns([("a", "bcd"), ("ef", "g")]) == ["a   bcd", "ef  g"]


def test_wide_characters_take_two_cells():
    assert align_columns([("红楼", "x"), ("abcd", "y")]) == ["红楼  x", "abcd  y"]


def test_untrusted_text_stays_on_its_line_and_controls_nothing():
    (line,) = align_columns([("a\nb\tc", "\x1b[31m\u202e")])
    assert line == "a b c  \\x1b[31m\\u202e"


def test_rows_are_printed_in_columns(capsys):
    print_columns([("name", "bytes"), ("a", "12"), ("longer", "3")])
    assert capsys.readouterr().out.splitlines() == ["name    bytes", "a       12", "longer  3"]


def test_json_is_one_object_that_reads_back(capsys):
    print_json({"text": "é\x1b[2J", "none": None})
    assert json.loads(capsys.readouterr().out) == {"text": "é\x1b[2J", "none": None}
