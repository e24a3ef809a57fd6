"""A text by a unit's values: pieces, colours, marks, and the browser's keys and lines."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest

from charlm.config.settings import ModelSettings
from charlm.display.browsing import View, pressed
from charlm.display.terminal_keys import names_of
from charlm.display.value_browser import Browsed, Screen
from charlm.display.value_scale import BARS, Scale
from charlm.display.value_terminal import print_values
from charlm.display.value_text import ValueText, text_lines
from charlm.inspection.recorded_values import Recorded
from charlm.inspection.value_names import Value
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.randomness import named_stream
from charlm.text.vocabulary import Vocabulary

TEXT = "ab cd\n\nefg\nab"
SCALE = Scale(0.0, 1.0)


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


def text_of(text, unit="character"):
    vocabulary = Vocabulary.of(text, unit)
    return ValueText.of(vocabulary, vocabulary.encode(text).ids)


def test_the_bytes_of_a_character_are_one_piece_with_the_last_value():
    vocabulary = Vocabulary(tuple(map(chr, range(256))), "byte")
    text = ValueText.of(vocabulary, np.frombuffer("é€".encode() + b"\xffa", np.uint8))
    assert text.pieces == ["é", "€", "\ufffd", "a"]
    assert text.places.tolist() == [1, 4, 5, 6]


def test_lines_and_places_of_clusters():
    text = text_of("e\u0301b\na👨\u200d👩\u200d👧\n\nc", "grapheme")
    assert text.line_starts.tolist() == [0, 3, 6, 7]
    assert [text.piece_at(offset) for offset in range(4)] == [0, 0, 1, 2]
    assert text.rows.tolist()[:4] == [0, 0, 1, 2]
    lines = text_lines(text)
    assert lines.numbers.tolist() == [1, 2, 4]
    assert lines.first_rows(text).tolist() == [0, 3, 7]
    assert lines.stop_rows(text).tolist() == [2, 5, 8]


def test_a_unit_has_its_own_scale_and_a_gate_is_open_or_closed():
    values = np.linspace(-0.1, 0.1, 1001)
    scale = Scale.of(values, False)
    assert scale.spread == pytest.approx(0.098, abs=1e-3)
    assert scale.steps(np.array([-1, -0.05, 0, 0.05, 1])) == [-4, -2, 0, 2, 4]
    assert Scale.of(values, True).steps(np.array([0, 0.5, 1])) == [-4, 0, 4]
    assert scale.bars(np.array([-1, 1])) == BARS[1] + BARS[-1]
    assert Scale.of(np.zeros(5), False).steps(np.zeros(2)) == [0, 0]


def test_colours_on_a_terminal_and_marks_in_a_pipe(monkeypatch):
    text = text_of("a\x1bb\nc")
    values = np.array([1, -1, 0, 0.5, -0.25])
    for out in (Terminal(), io.StringIO()):
        monkeypatch.setattr("sys.stdout", out)
        monkeypatch.setattr("sys.stderr", io.StringIO())
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.delenv("NO_COLOR", raising=False)
        print_values(text, values, SCALE, "unit 1:0")
        if out.isatty():
            assert "\x1b[38;5;16;48;5;208ma\x1b[0m\x1b[38;5;16;48;5;69m\\x1b\x1b[0mb" in out.getvalue()
        else:
            assert out.getvalue() == "a\x1bb\n4d 2\nc\na\n"


def test_keys_have_names():
    assert list(names_of("a\x1b[A\x1bOB\x1b[5~\t\x1b[Z\r\x7f\x1b")) == [
        "a", "up", "down", "page up", "tab", "back tab", "enter", "delete", "escape"
    ]  # fmt: skip
    assert list(names_of("\x1b[15~\x00é")) == ["é"]


def after(keys, view=None, text=TEXT, units=5):
    view = view or View()
    for key in keys:
        view = pressed(view, key, text_of(text), units)
    return view


def test_keys_move_through_characters_lines_and_units():
    assert after(["right", "right", "left"]).place == 1
    assert after(["left"]).place == 0
    assert after(["right"] * 4 + ["down", "down"]).place == 7  # the empty line is short
    assert after(["right"] * 2 + ["page down"]).place == 12
    assert after(["end"]).place == len(TEXT) - 1
    assert after(["tab", "]", "["]).unit == 1
    assert after(["["]).unit == 4
    assert [after(["s"] * n).order for n in range(4)] == ["first", "here", "number", "first"]
    assert after(["q"]).ended
    assert "no key" in after(["x"]).said


def test_searching_goes_round_and_says_what_is_not_there():
    assert after([*"/ef", "enter"]).place == 7
    assert after([*"/ab", "enter"]).place == 11
    assert after([*"/ab", "enter", "n"]).place == 0
    assert "does not have 'xy'" in after([*"/xy", "enter"]).said
    assert "nothing was searched" in after(["n"]).said
    assert after([*"/q", "delete", "a", "enter"]).sought == "a"
    assert after([*"/a", "escape"]) == View()
    assert after([*"g3", "enter"]).place == 7
    assert "lines are 1 to 4" in after([*"g9", "enter"]).said


def browsed(length=300, cell="lstm"):
    words = "the owl went out\n\x1b\tto look\n"
    vocabulary = Vocabulary.of(words)
    ids = vocabulary.encode((words * 20)[:length]).ids
    settings = ModelSettings(cell=cell, hidden_size=8, num_layers=2)
    model = LanguageModel(settings, initial_parameters(settings, vocabulary.size, named_stream(1, "weights")))
    values = np.random.default_rng(1).normal(size=(length, 8)).astype(np.float16)
    recorded = Recorded((Value(1, "c", 8), Value(2, "c", 8)), (values, values / 2))
    return Browsed(model, vocabulary, recorded, ids, ValueText.of(vocabulary, ids), "a run", range(16), frozenset({2}))


def plain(lines):
    return [re.sub("\x1b\\[[0-9;]*m", "", line) for line in lines]


@pytest.mark.parametrize("size", [(120, 30), (60, 12), (20, 8)])
def test_the_screen_fits_and_cannot_be_controlled_by_the_text(size):
    screen, view = Screen(browsed()), View()
    for key in ["right"] * 3 + ["down", "down", "tab", "s", "end", "?", "u", *"2:3", "enter"]:
        lines = plain(screen.lines(view, *size))
        assert len(lines) <= size[1]
        assert max(map(len, lines)) <= size[0]
        assert not any("\x1b" in line for line in lines)
        view = screen.after(view, key)
    assert str(screen.unit(view)) == "2:3"
    assert "unit 2:3 (c)" in plain(screen.lines(view, 120, 30))[0]


def test_the_unit_stays_when_the_order_changes_with_the_character():
    screen = Screen(browsed())
    view = screen.after(screen.after(View(), "s"), "]")
    unit = screen.unit(view)
    for key in ("right", "down", "end"):
        view = screen.after(view, key)
        assert screen.unit(view) == unit


def test_a_unit_that_is_not_there_is_said_below():
    screen, view = Screen(browsed()), View()
    for key in ["u", *"7:1", "enter"]:
        view = screen.after(view, key)
    assert "layer 7" in plain(screen.lines(view, 120, 30))[-1]
