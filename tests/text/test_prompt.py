"""Prompts from the command line, files and stdin, valid and invalid."""

import io
import os
import sys
from types import SimpleNamespace

import pytest

from charlm.errors import TextError, UsageError
from charlm.text.normalizing import with_unix_newlines
from charlm.text.prompt import LARGEST, piped_prompt, read_prompt, typed_escape


def given(monkeypatch, content):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))


def test_a_prompt_on_the_command_line_is_unchanged():
    assert read_prompt("  née\r\n", None) == "  née\r\n"
    assert read_prompt(None, None) == ""
    assert read_prompt("-", None) == "-"


def test_prompts_by_file_keep_every_character(tmp_path):
    file = tmp_path / "beginning"
    file.write_bytes("  née\r\n\n".encode())
    assert read_prompt(None, str(file)) == "  née\r\n\n"


def test_prompts_by_stdin(monkeypatch):
    given(monkeypatch, "日本\n".encode())
    assert read_prompt(None, "-") == "日本\n"


def test_a_byte_order_mark_is_removed_from_the_prompt(monkeypatch):
    given(monkeypatch, b"\xef\xbb\xbfabc")
    assert read_prompt(None, "-") == "abc"


def test_two_prompts_are_refused():
    with pytest.raises(UsageError, match="two prompts"):
        read_prompt("", "file")


@pytest.mark.parametrize("file", [".", "no such file", "/dev/zero", "a" * 5000, "nul\0"])
def test_an_unreadable_prompt_is_a_text_error(file):
    with pytest.raises(TextError) as caught:
        read_prompt(None, file)
    assert caught.value.where == file
    assert caught.value.remedy


def test_the_length_of_a_prompt_is_bounded(monkeypatch):
    given(monkeypatch, b"a" * LARGEST)
    assert len(read_prompt(None, "-")) == LARGEST
    given(monkeypatch, b"a" * (LARGEST + 1))
    with pytest.raises(TextError, match="more than 1,048,576 bytes"):
        read_prompt(None, "-")


def test_bytes_that_are_not_utf8_are_named_with_their_offset(monkeypatch):
    given(monkeypatch, b"caf\xe9 noir")
    with pytest.raises(TextError, match="byte 0xe9 at offset 3"):
        read_prompt(None, "-")


def test_every_kind_of_line_end_becomes_a_newline():
    assert with_unix_newlines("a\r\nb\rc\n\r\n") == "a\nb\nc\n\n"


@pytest.fixture
def piped(monkeypatch):
    """A function that makes stdin a pipe with this in it, closed at its other end unless told."""
    ends, streams = [], []

    def pipe(content, closed=True):
        reading, writing = os.pipe()
        os.write(writing, content)
        if closed:
            os.close(writing)
        else:
            ends.append(writing)
        streams.append(os.fdopen(reading))
        monkeypatch.setattr(sys, "stdin", streams[-1])

    yield pipe
    for end in ends:
        os.close(end)
    for stream in streams:
        stream.close()


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"Once\n", "Once"), (b"Once\r\n", "Once"), (b"Once\n\n", "Once\n"), (b"\xef\xbb\xbfa\nb", "a\nb"), (b"", "")],
)
def test_what_is_piped_is_a_prompt_without_the_line_end_of_echo(piped, content, expected):
    piped(content)
    assert piped_prompt() == expected


def test_a_pipe_that_stays_open_and_silent_is_not_waited_for(piped):
    piped(b"", closed=False)
    assert piped_prompt(wait=0.01) is None


def test_a_redirected_file_is_a_prompt_and_a_device_is_none(monkeypatch, tmp_path):
    (tmp_path / "prompt.txt").write_bytes("Où\n".encode())
    for path, expected in ((tmp_path / "prompt.txt", "Où"), (os.devnull, ""), ("/dev/zero", "")):
        with open(path) as stream:  # noqa: PTH123
            monkeypatch.setattr(sys, "stdin", stream)
            assert piped_prompt() == expected


def test_a_closed_or_missing_stdin_is_no_prompt(monkeypatch):
    closed = io.StringIO()
    closed.close()
    for stream in (None, closed, io.StringIO("no file")):
        monkeypatch.setattr(sys, "stdin", stream)
        assert piped_prompt() == ""


def test_what_is_piped_must_be_text(piped):
    piped(b"a\xff")
    with pytest.raises(TextError, match="not UTF-8"):
        piped_prompt()


def test_a_typed_escape_is_answered_with_what_to_write():
    assert typed_escape(r"\n", True) == typed_escape(r"\n", False) == r"$'\n'"
    assert typed_escape(r"it's\nso", False) == r"$'it\'s\nso'"
    assert typed_escape(r"print('\n')", True) == ""  # a model of code knows the backslash
    assert typed_escape("plain", False) == typed_escape("\n", False) == typed_escape(r"\q", False) == ""
