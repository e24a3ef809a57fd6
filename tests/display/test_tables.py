"""Rows that fit into a width: no word is broken, no cell is lost without a word about it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charlm.display.folding import fold
from charlm.display.tables import align_columns, fit_page, fit_pairs, fit_table


def test_columns_are_as_wide_as_their_widest_cell():
    assert align_columns([("a", "bcd"), ("ef", "g")]) == ["a   bcd", "ef  g"]


def test_wide_characters_take_two_cells():
    assert align_columns([("红楼", "x"), ("abcd", "y")]) == ["红楼  x", "abcd  y"]


def test_untrusted_text_stays_on_its_line_and_controls_nothing():
    (line,) = align_columns([("a\nb\tc", "\x1b[31m\u202e")])
    assert line == "a b c  \\x1b[31m\\u202e"


WIDTHS = (60, 80, 100)
SENTENCE = (
    "where the owl sat in the old oak tree and looked for mice while the moon rose over the fields of rice at noon"
)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_sentence_beside_a_label_is_wrapped_between_words(width):
    lines = fit_pairs([("text", SENTENCE), ("sha256", "abc")], width)
    assert max(map(len, lines)) <= width
    assert " ".join(" ".join(line[8:] for line in lines[:-1]).split()) == SENTENCE
    assert all(line.startswith("        ") for line in lines[1:-1])


def test_a_sentence_stands_below_a_row_that_leaves_no_room():
    lines = fit_pairs([("a" * 20, "b" * 20, SENTENCE)], 60)
    assert lines[0] == f"{'a' * 20}  {'b' * 20}"
    assert all(line.startswith("    ") and len(line) <= 60 for line in lines[1:])


def test_a_word_that_is_too_wide_stays_whole():
    path = "/" + "/".join(["folder"] * 12)
    assert fit_pairs([("folder", f"in {path}")], 60) == ["folder  in", f"        {path}"]
    assert fit_pairs([("folder", path)], None) == [f"folder  {path}"]


@given(st.text(alphabet="ab ", max_size=80), st.integers(1, 60))
def test_folding_keeps_every_word_and_breaks_only_at_spaces(text, width):
    lines = fold(text, width)
    assert " ".join(lines).split() == text.split()
    assert all(len(line) <= width or " " not in line.strip() for line in lines)


TABLE = [("run", "model", "steps", "text"), ("owl", "lstm 2 x 16", "7", "a-book.txt"), ("mouse", "gru", "1,200", "-")]


def test_a_table_that_fits_is_one_line_a_row_with_numbers_at_the_right():
    table = fit_table(TABLE, 80, right=("steps",))
    assert table.lines == [
        "run    model        steps  text",
        "owl    lstm 2 x 16      7  a-book.txt",
        "mouse  gru          1,200  -",
    ]
    assert table.left_out == []


def test_columns_are_left_out_by_importance_and_named():
    table = fit_table(TABLE, 26, least=("text", "model"))
    assert table.lines[0] == "run    model        steps"
    assert table.left_out == ["text"]
    assert fit_table(TABLE, 14, least=("text", "model")).left_out == ["text", "model"]


def test_what_cannot_be_left_out_stands_below_after_the_keys():
    table = fit_table(TABLE, 20)
    parts = "\n".join(table.lines).split("\n\n")
    assert [part.splitlines()[0].split() for part in parts] == [["run", "model"], ["run", "steps"], ["run", "text"]]
    assert table.left_out == []


def test_a_last_column_that_is_too_wide_is_wrapped():
    lines = fit_table([("run", "a", "b"), ("owl", "x" * 50, SENTENCE)], 60).lines
    assert max(map(len, lines)) <= 60
    assert " ".join(" ".join(lines).split()).endswith(SENTENCE.split()[-1])


def test_a_page_keeps_its_columns_and_wraps_their_text():
    page = f"    i = W x + b      {SENTENCE}\n{SENTENCE}\n"
    for width in WIDTHS:
        assert max(map(len, fit_page(page, width).splitlines())) <= width
        assert " ".join(fit_page(page, width).split()) == " ".join(page.split())
    assert fit_page(page, None) == page


def test_wide_characters_count_as_two_cells():
    assert fold("天地玄黃 宇宙洪荒 end", 10) == ["天地玄黃", "宇宙洪荒", "end"]
    assert fold("天地玄黃 宇宙洪荒 end", 17) == ["天地玄黃 宇宙洪荒", "end"]


def test_a_command_in_a_sentence_is_not_broken():
    text = "Repair it, or leave it out with `charlm data write x -o y` first, then go on."
    assert "`charlm data write x -o y`" in fold(text, 30)
    assert fold("a ` alone is none", 6) == ["a `", "alone", "is", "none"]
