"""Untrusted text cannot control the terminal, and no stream makes printing fail."""

import io
import os
import sys
import unicodedata

import pytest

from charlm.display.printing import (
    escape_controls,
    escape_unencodable,
    has_colour,
    print_stderr,
    until_closed,
    write_highlighted,
    write_safely,
)
from charlm.errors import TextError


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


EVERYTHING = [chr(code) for code in range(0x110000)]


def test_exactly_the_code_points_that_control_a_terminal_are_escaped():
    bidi = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C}
    escaped = {ord(character) for character in EVERYTHING if escape_controls(character) != character}
    controls = {ord(character) for character in EVERYTHING if unicodedata.category(character) == "Cc"}
    surrogates = set(range(0xD800, 0xE000))
    assert escaped == (controls - {0x0A, 0x09}) | bidi | {0x2028, 0x2029} | surrogates


def test_all_code_points_together_show_no_control_character():
    shown = escape_controls("".join(EVERYTHING))
    shown.encode("utf-8")  # no surrogate is left
    assert not any(unicodedata.category(character) == "Cc" and character not in "\n\t" for character in shown)
    assert not any(
        unicodedata.bidirectional(character)[:3] in {"LRE", "RLE", "LRO", "RLO", "PDF"} for character in shown
    )
    assert escape_controls(shown) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\rb\x07", "a\\x0db\\x07"),
        ("\x9b31m", "\\x9b31m"),
        ("\u202etxt.exe", "\\u202etxt.exe"),
        ("\u2028", "\\u2028"),
        ("\udc80", "\\udc80"),
        ("naïve\tcafé\n日本 🎻", "naïve\tcafé\n日本 🎻"),
        ("[red]not markup[/b]", "[red]not markup[/b]"),
    ],
)
def test_what_a_terminal_shows(text, shown):
    assert escape_controls(text) == shown


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8", "utf-16"])
def test_no_encoding_makes_printing_raise(encoding):
    everything = "".join(EVERYTHING)
    escape_unencodable(everything, encoding).encode(encoding)
    assert escape_unencodable("plain", encoding) == "plain"


def test_characters_that_the_encoding_lacks_are_escaped():
    assert escape_unencodable("é€🎻", "ascii") == "\\xe9\\u20ac\\U0001f3bb"


def test_a_terminal_gets_escapes_and_a_pipe_the_raw_text():
    terminal, pipe = Terminal(), io.StringIO()
    for stream in (terminal, pipe):
        write_safely(stream, "\x1b[2Jbye")
    assert terminal.getvalue() == "\\x1b[2Jbye"
    assert pipe.getvalue() == "\x1b[2Jbye"


def test_an_ascii_stream_never_raises():
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", errors="strict")
    write_safely(stream, "né\ud800")
    stream.flush()
    assert raw.getvalue() == b"n\\xe9\\ud800"


def test_dim_only_on_a_terminal_with_colours(monkeypatch):
    def dimmed(stream):
        write_safely(stream, "message", dim=True)
        return stream.getvalue()

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert dimmed(Terminal()) == "\x1b[2mmessage\x1b[22m"
    assert dimmed(io.StringIO()) == "message"
    monkeypatch.setenv("NO_COLOR", "1")
    assert dimmed(Terminal()) == "message"
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert not has_colour(Terminal())


def test_a_closed_pipe_ends_the_program_quietly():
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as stream:
        os.close(reading)
        with pytest.raises(SystemExit) as ended, until_closed(stream):
            write_safely(stream, "nobody reads this")
    assert ended.value.code == 0


def test_a_full_disk_is_an_error_of_three_lines():
    with open("/dev/full", "w") as stream, pytest.raises(TextError, match="No space left") as caught:  # noqa: PTH123
        fill(stream)
    assert len(str(caught.value).splitlines()) == 3


def fill(stream):
    with until_closed(stream):
        write_safely(stream, "more than fits")


def test_messages_to_a_closed_stderr_are_dropped(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    print_stderr("lost")
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb", buffering=0) as pipe:
        stream = io.TextIOWrapper(pipe, encoding="utf-8", write_through=True)
        monkeypatch.setattr(sys, "stderr", stream)
        print_stderr("lost too")
        stream.detach()


def test_until_closed_lets_every_other_error_through():
    with pytest.raises(ValueError, match="other"), until_closed(io.StringIO()):
        raise ValueError("other")


def test_a_message_is_wrapped_between_words_on_a_terminal_and_a_command_stays_whole(monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    monkeypatch.setenv("NO_COLOR", "1")
    message = f"a message of several words\rand then a-{'long' * 10}-word\n\nGo on with: charlm train --resume a-run"
    terminal, pipe = Terminal(), io.StringIO()
    for stream in (terminal, pipe):
        monkeypatch.setattr(sys, "stderr", stream)
        print_stderr(message)
    assert pipe.getvalue() == f"{message}\n"
    assert terminal.getvalue().splitlines() == [
        "a message of several",
        "words\\x0dand then",
        f"a-{'long' * 10}-word",
        "",
        "Go on with: charlm train --resume a-run",
    ]


def test_highlighted_text_is_escaped_within_its_colours(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    terminal, pipe = Terminal(), io.StringIO()
    for stream in (terminal, pipe):
        write_highlighted(stream, "a\x1b[0m", 215)
    assert terminal.getvalue() == "\x1b[38;5;16;48;5;215ma\\x1b[0m\x1b[0m"
    assert pipe.getvalue() == "a\x1b[0m"
