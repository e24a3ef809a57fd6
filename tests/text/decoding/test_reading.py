"""Decoding, byte-order marks and line ends."""

import codecs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charlm.errors import TextError, UsageError
from charlm.text.decoding.encodings import find_codec
from charlm.text.decoding.reading import read_bytes, read_text
from charlm.text.files import source_file
from charlm.text.files.source_file import SourceFile


@pytest.fixture
def source(tmp_path):
    """A function that writes bytes into a file and returns the SourceFile."""

    def written(data: bytes, name: str = "text.txt") -> SourceFile:
        path = tmp_path / name
        path.write_bytes(data)
        return SourceFile(name, path, len(data))

    return written


def text_of(*files, encoding="utf-8", newlines="unix"):
    return "".join(chunk.text for chunk in read_text(files, encoding, newlines))


def changes(*files, encoding="utf-8", newlines="unix"):
    chunks = list(read_text(files, encoding, newlines))
    return tuple(sum(getattr(chunk, kind) for chunk in chunks) for kind in ("marks", "crlf", "cr"))


contents = st.text(st.characters(exclude_characters="\0\ufeff", exclude_categories=["Cs"]), max_size=40)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be", "utf-32-le", "utf-7", "gb18030"])
@settings(deadline=None, max_examples=40)
@given(text=contents, block=st.integers(1, 9))
def test_decoding_does_not_depend_on_the_blocks(tmp_path_factory, encoding, text, block):
    path = tmp_path_factory.mktemp("cut") / "text"
    path.write_bytes(text.encode(encoding))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source_file, "BLOCK", block)
        assert text_of(SourceFile("text", path, path.stat().st_size), encoding=encoding, newlines="keep") == text


@settings(deadline=None, max_examples=100)
@given(text=st.text(st.sampled_from("a\r\n"), max_size=30), block=st.integers(1, 5))
def test_line_ends_are_normalized_across_chunks(tmp_path_factory, text, block):
    path = tmp_path_factory.mktemp("ends") / "text"
    path.write_bytes(text.encode())
    source = SourceFile("text", path, len(text))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source_file, "BLOCK", block)
        assert text_of(source) == text.replace("\r\n", "\n").replace("\r", "\n")
        lone = text.replace("\r\n", "").count("\r")
        assert changes(source) == (0, text.count("\r\n"), lone)
        assert text_of(source, newlines="keep") == text


@pytest.mark.parametrize("block", [1, 2, 3, 4, 1000])
@pytest.mark.parametrize(
    ("data", "offset", "encoding"),
    [
        (b"ab\xff", 2, "utf-8"),
        (b"\xc3", 0, "utf-8"),
        ("é".encode() + b"\xe6\x97", 2, "utf-8"),  # cut off at the end
        ("日本".encode() + b"\xe6\x97a", 6, "utf-8"),
        (b"a\xed\xa0\x80", 1, "utf-8"),  # an encoded surrogate
        (b"\xc0\xaf", 0, "utf-8"),  # an overlong form
        (b"a\x00b\x00\x00\xdc", 4, "utf-16-le"),
        (b"caf\xe9", 3, "ascii"),
        (b"\x81\x30\x81\x30\xff", 4, "gb18030"),
    ],
)
def test_the_first_invalid_byte_is_named(source, monkeypatch, data, offset, encoding, block):
    monkeypatch.setattr(source_file, "BLOCK", block)
    with pytest.raises(TextError) as refused:
        text_of(source(data), encoding=encoding)
    assert refused.value.where.startswith(f"text.txt, byte {offset}")
    assert any(way in refused.value.remedy for way in ("--encoding", "text.unit=byte", "iconv -c"))


@pytest.mark.parametrize(
    ("text", "guess"),
    [("un café, s'il te plaît", "cp1252"), ("a “quoted” word — and a café", "cp1252"), ("Привет, как дела", "cp1251")],
)
def test_the_remedy_names_the_encoding_and_shows_what_it_reads(source, text, guess):
    with pytest.raises(TextError) as refused:
        text_of(source(text.encode(guess)))
    assert f"give `--encoding {guess}` (text.encoding={guess})" in refused.value.remedy
    assert f"As {guess} it reads" in refused.value.remedy
    assert text[-8:] in refused.value.remedy
    assert text_of(source(text.encode(guess)), encoding=guess) == text


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32"),
    ],
)
def test_a_byte_order_mark_is_removed_and_counted(source, mark, encoding):
    body = "a\ufeffb".encode(
        {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}.get(encoding, encoding)
    )
    assert text_of(source(mark + body), encoding=encoding) == "a\ufeffb"
    assert changes(source(mark + body), encoding=encoding) == (1, 0, 0)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_an_unknown_byte_order_is_refused(source, encoding):
    with pytest.raises(TextError, match=f"text.encoding={encoding}-le"):
        text_of(source("plain".encode(f"{encoding}-le")), encoding=encoding)


@pytest.mark.parametrize(
    ("mark", "encoding", "meant"),
    [
        (codecs.BOM_UTF16_LE, "utf-8", "utf-16"),
        (codecs.BOM_UTF16_BE, "latin-1", "utf-16"),
        (codecs.BOM_UTF32_LE, "utf-8", "utf-32"),
        (codecs.BOM_UTF8, "latin-1", "utf-8"),
    ],
)
def test_the_mark_of_another_encoding_is_named(source, mark, encoding, meant):
    with pytest.raises(TextError) as refused:
        text_of(source(mark + b"a\0b\0"), encoding=encoding)
    assert f"text.encoding={meant}" in refused.value.remedy


def test_every_file_may_have_a_mark(source):
    first, second = (source(codecs.BOM_UTF8 + text, name) for text, name in ((b"a\n", "1"), (b"b\n", "2")))
    assert text_of(first, second) == "a\nb\n"
    assert changes(first, second) == (2, 0, 0)


@pytest.mark.parametrize("block", [1, 3, 1000])
def test_a_nul_looks_binary(source, monkeypatch, block):
    monkeypatch.setattr(source_file, "BLOCK", block)
    with pytest.raises(TextError) as refused:
        text_of(source(b"abc\0\xff"))
    assert "binary" in refused.value.what
    assert refused.value.where == "text.txt, byte 3"
    assert "text.unit=byte" in refused.value.remedy
    with pytest.raises(TextError, match="binary"):
        text_of(source("ab\0".encode("utf-16")), encoding="utf-16")


@pytest.mark.parametrize("guess", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_is_recognised(source, guess):
    with pytest.raises(TextError, match=f"--encoding {guess}"):
        text_of(source("plain English words".encode(guess)))


def test_each_file_begins_on_a_new_line(source):
    files = [source(data, name) for name, data in (("1", b"a"), ("2", b"b\n"), ("3", b""), ("4", b"c\r"), ("5", b"d"))]
    assert text_of(*files) == "a\nb\nc\nd"
    assert b"".join(read_bytes(files)) == b"a\nb\nc\r\nd"


def test_bytes_are_unchanged(source):
    data = bytes(range(256)) + b"\r\n\r" + codecs.BOM_UTF8
    assert b"".join(read_bytes([source(data)])) == data


@pytest.mark.parametrize(
    ("name", "meant"),
    [("utf8x", "utf8"), ("latin_11", "latin1"), ("klingon", "Try utf-8"), ("rot13", ""), ("hex", ""), ("a\0b", "Try")],
)
def test_an_encoding_that_does_not_exist_is_a_usage_error(name, meant):
    with pytest.raises(UsageError) as refused:
        find_codec(name)
    assert meant in refused.value.remedy


@pytest.mark.parametrize("name", ["idna", "punycode", "unicode_escape", "undefined"])
def test_an_encoding_that_is_not_for_texts_is_a_usage_error(name):
    with pytest.raises(UsageError):
        find_codec(name)
