"""What commands print on stdout: rows in a pipe and on terminals of several widths, and JSON."""

from __future__ import annotations

import io
import json
import sys

from charlm.display.output import print_columns, print_json, print_table


def test_rows_are_printed_in_columns(capsys):
    print_columns([("name", "bytes"), ("a", "12"), ("longer", "3")])
    assert capsys.readouterr().out.splitlines() == ["name    bytes", "a       12", "longer  3"]


def test_json_is_one_object_that_reads_back(capsys):
    print_json({"text": "é\x1b[2J", "none": None})
    assert json.loads(capsys.readouterr().out) == {"text": "é\x1b[2J", "none": None}


class Terminal(io.StringIO):
    def isatty(self):
        return True


def a_terminal(monkeypatch):
    """A terminal of 60 columns as stdout and stderr."""
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", stream)
    return stream


ROWS = [("name", "here", "about"), ("book", "yes", "a long story of an owl that looks for mice at noon in the moon")]


def test_text_is_wrapped_on_a_terminal(monkeypatch):
    terminal = a_terminal(monkeypatch)
    print_columns(ROWS)
    assert terminal.getvalue().splitlines() == [
        "name  here  about",
        "book  yes   a long story of an owl that looks for mice at",
        "            noon in the moon",
    ]


def test_in_a_pipe_a_row_is_a_line(capsys):
    print_columns(ROWS)
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_a_narrow_terminal_is_told_what_it_has_no_room_for(monkeypatch):
    terminal = a_terminal(monkeypatch)
    print_table(ROWS, least=("about",))
    assert terminal.getvalue().splitlines() == ["name  here", "book  yes", "a wider terminal also shows: about"]
