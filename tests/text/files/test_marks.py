"""Byte-order marks, and UTF-16 and UTF-32 without one."""

import pytest

from charlm.text.files.marks import encoding_of_mark, wide_encodings

FRENCH = "Le soir, le café de la gare reste ouvert.\n"
CHINESE = "傍晚，我们沿着河边走了很久，谈论着旧书。\n一一\n"


@pytest.mark.parametrize("text", [FRENCH, CHINESE, "明日は日曜日なので、\nだれも急がない。\n", "Вечером мы шли.\n"])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_the_byte_order_is_found_without_a_mark(text, encoding):
    assert wide_encodings(text.encode(encoding))[0] == encoding


@pytest.mark.parametrize(
    "head", [b"abc\0", b"a\0b\0\0c" + b"plain " * 20, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"\0" * 8, b""]
)
def test_nuls_alone_are_no_text(head):
    assert wide_encodings(head) == []


def test_a_mark_names_its_encoding():
    assert encoding_of_mark("a".encode("utf-32")) == "utf-32"
    assert encoding_of_mark("a".encode("utf-16")) == "utf-16"
    assert encoding_of_mark("a".encode("utf-8-sig")) == "utf-8"
    assert encoding_of_mark(b"a") is None
