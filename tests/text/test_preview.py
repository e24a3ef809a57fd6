"""The first lines of a text."""

import pytest

from charlm.config.settings import TextSettings
from charlm.errors import TextError
from charlm.text.preview import preview_text


def test_the_first_lines_of_a_text(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfone\r\ntwo\r\n" + b"x" * 50)
    (tmp_path / "b.txt").write_text("never\nreached\n")
    found = preview_text(TextSettings(sources=(str(tmp_path),)), lines=3, width=10)
    assert found.lines == ("one", "two", "x" * 10)
    assert found.files == ((str(tmp_path / "a.txt"), 63), (str(tmp_path / "b.txt"), 14))
    assert found.notes == ()


def test_a_preview_of_bytes_shows_them_as_text(tmp_path):
    (tmp_path / "a").write_bytes(b"a\xff\0\n")
    assert preview_text(TextSettings(sources=(str(tmp_path / "a"),), unit="byte"), 3, 10).lines == ("a\ufffd\0",)


def test_a_preview_of_an_unreadable_text_is_an_error(tmp_path):
    (tmp_path / "a").write_bytes(b"a\xff")
    with pytest.raises(TextError, match="byte 1"):
        preview_text(TextSettings(sources=(str(tmp_path / "a"),)), 3, 10)
