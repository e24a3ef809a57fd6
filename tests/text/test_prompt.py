"""Prompts from the command line, files and stdin, valid and invalid."""

import io
import sys
from types import SimpleNamespace

import pytest

from charlm.errors import TextError, UsageError
from charlm.text.prompt import LARGEST, read_prompt, with_unix_newlines


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
