"""Text of models and strangers cannot drive the terminal, and no stream makes printing fail."""

import io
import os
import sys
import unicodedata

import pytest

from charlm.display.printing import expressible, has_colour, put, say, until_closed, visible
from charlm.errors import TextError


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


EVERYTHING = [chr(code) for code in range(0x110000)]


def test_every_code_point_that_steers_a_terminal_is_escaped_and_no_other():
    bidi = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C}
    escaped = {ord(character) for character in EVERYTHING if visible(character) != character}
    controls = {ord(character) for character in EVERYTHING if unicodedata.category(character) == "Cc"}
    surrogates = set(range(0xD800, 0xE000))
    assert escaped == (controls - {0x0A, 0x09}) | bidi | {0x2028, 0x2029} | surrogates


def test_every_code_point_at_once_shows_nothing_that_steers():
    shown = visible("".join(EVERYTHING))
    shown.encode("utf-8")  # no surrogate is left
    assert not any(unicodedata.category(character) == "Cc" and character not in "\n\t" for character in shown)
    assert not any(
        unicodedata.bidirectional(character)[:3] in {"LRE", "RLE", "LRO", "RLO", "PDF"} for character in shown
    )
    assert visible(shown) == shown


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
def test_what_a_person_sees(text, shown):
    assert visible(text) == shown


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8", "utf-16"])
def test_no_encoding_makes_printing_raise(encoding):
    everything = "".join(EVERYTHING)
    expressible(everything, encoding).encode(encoding)
    assert expressible("plain", encoding) == "plain"


def test_what_the_encoding_lacks_is_escaped():
    assert expressible("é€🎻", "ascii") == "\\xe9\\u20ac\\U0001f3bb"


def test_a_terminal_gets_escapes_and_a_pipe_the_raw_text():
    terminal, pipe = Terminal(), io.StringIO()
    for stream in (terminal, pipe):
        put(stream, "\x1b[2Jbye")
    assert terminal.getvalue() == "\\x1b[2Jbye"
    assert pipe.getvalue() == "\x1b[2Jbye"


def test_a_stream_of_ascii_never_raises():
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", errors="strict")
    put(stream, "né\ud800")
    stream.flush()
    assert raw.getvalue() == b"n\\xe9\\ud800"


def test_dim_only_on_a_terminal_that_wants_it(monkeypatch):
    def dimmed(stream):
        put(stream, "said", dim=True)
        return stream.getvalue()

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert dimmed(Terminal()) == "\x1b[2msaid\x1b[22m"
    assert dimmed(io.StringIO()) == "said"
    monkeypatch.setenv("NO_COLOR", "1")
    assert dimmed(Terminal()) == "said"
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert not has_colour(Terminal())


def test_a_reader_that_went_away_ends_the_program_quietly():
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as stream:
        os.close(reading)
        with pytest.raises(SystemExit) as ended, until_closed(stream):
            put(stream, "nobody reads this")
    assert ended.value.code == 0


def test_a_full_disk_is_told_in_three_lines():
    with open("/dev/full", "w") as stream, pytest.raises(TextError, match="No space left") as caught:  # noqa: PTH123
        fill(stream)
    assert len(str(caught.value).splitlines()) == 3


def fill(stream):
    with until_closed(stream):
        put(stream, "more than fits")


def test_talk_that_nobody_hears_stops_nothing(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    say("lost")
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb", buffering=0) as pipe:
        stream = io.TextIOWrapper(pipe, encoding="utf-8", write_through=True)
        monkeypatch.setattr(sys, "stderr", stream)
        say("lost too")
        stream.detach()


def test_until_closed_lets_every_other_error_through():
    with pytest.raises(ValueError, match="other"), until_closed(io.StringIO()):
        raise ValueError("other")
