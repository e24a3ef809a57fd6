"""The faults of a file by their offsets, and the encodings that can read it."""

import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charlm.diagnosis import faults
from charlm.diagnosis.faults import FaultyFile, find_faults, find_faulty_files
from charlm.errors import TextError
from charlm.text.files import source_file
from charlm.text.files.source_file import SourceFile


@pytest.fixture
def examined(tmp_path):
    def examine_bytes(data, encoding="utf-8", name="text"):
        (tmp_path / name).write_bytes(data)
        return find_faults(SourceFile(name, tmp_path / name, len(data)), encoding)

    return examine_bytes


def offsets(found):
    return [fault.offset for fault in found.faults]


def by_hand(data):
    """Offsets of invalid bytes and NULs, by decoding again after each."""
    found, at = [], 0
    while at < len(data):
        try:
            data[at:].decode()
            break
        except UnicodeDecodeError as error:
            found.append(at + error.start)
            at += error.end
    return sorted({*found, *(place for place, byte in enumerate(data) if byte == 0)})


@pytest.mark.parametrize("block", [1, 2, 3, 7, 1 << 20])
def test_every_fault_is_found_whatever_the_size_of_the_blocks(examined, monkeypatch, block):
    monkeypatch.setattr(source_file, "BLOCK", block)
    data = b"\xffab\0c\xc3\xa9\xe9d\xf0\x9fe\xed\xa0\x80 end\xe2\x82"
    assert offsets(examined(data)) == by_hand(data)


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=40) | st.lists(st.sampled_from([b"a", b"\xc3\xa9", b"\xe9", b"\0"])).map(b"".join))
def test_faults_are_those_found_by_hand(data, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "faults"
    path.write_bytes(data)
    found = find_faults(SourceFile("text", path, len(data)), "utf-8")
    assert (offsets(found) if found else []) == by_hand(data)


def test_a_text_without_faults(examined):
    assert examined("naïve 日本".encode()) is None
    assert examined("naïve".encode("utf-16"), "utf-16") is None


@pytest.mark.parametrize(
    ("data", "reading"),
    [
        ("a café and a naïve idea".encode("latin-1"), {"cp1252": "a café and a naïve idea"}),
        ("“quoted” text".encode("cp1252"), {"cp1252": "“quoted” text"}),
        ("plain text".encode("utf-16"), {"utf-16": "plain text"}),
        ("plain text".encode("utf-16-le"), {"utf-16-le": "plain text"}),
        ("plain text".encode("utf-16-be"), {"utf-16-be": "plain text"}),
    ],
)
def test_an_encoding_that_can_read_the_file_is_named_with_an_excerpt(examined, data, reading):
    found = examined(data)
    assert found is not None
    assert {name: text[: len(reading[name])].strip("\ufeff") for name, text in found.readings.items()} == reading


@pytest.mark.parametrize(("text", "encoding"), [("Привет, как дела", "cp1251"), ("日本語の本を読む", "shift_jis")])
def test_encodings_of_other_alphabets_are_suggested(examined, text, encoding):
    readings = examined(text.encode(encoding)).readings
    assert readings[encoding].startswith(text[:8])
    assert "latin-1" not in readings


def test_a_damaged_utf_8_text_is_not_called_latin(examined):
    assert examined("été à la forêt, déjà ".encode() * 3 + b"\xff").readings == {}


def test_no_encoding_is_suggested_for_a_binary_file(examined):
    assert examined(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff").readings == {}


def test_only_the_first_fault_is_found_in_an_encoding_with_a_state(examined):
    assert offsets(examined(b"ab\xff\xff", "shift_jis")) == [2]
    assert offsets(examined("ab".encode("utf-16-le"), "utf-16")) == [0]
    assert offsets(examined("a\0".encode("utf-16"), "utf-16")) == [0]


def test_the_number_of_faults_is_limited(examined, monkeypatch):
    monkeypatch.setattr(faults, "MOST_FAULTS", 5)
    found = examined(b"\xff" * 9)
    assert (len(found.faults), found.more) == (5, True)
    assert not examined(b"\xff" * 5).more
    assert found.facts()["faults"][0] == {"offset": 0, "bytes": "ff"}


def test_every_file_is_checked_separately(tmp_path):
    for name, data in {"good": b"fine", "bad": b"\xff", "cut.gz": gzip.compress(b"x" * 100)[:-4]}.items():
        (tmp_path / name).write_bytes(data)
    pieces = [SourceFile(name, tmp_path / name, 4) for name in ("good", "bad", "cut.gz")]
    bad, cut = find_faulty_files(pieces, "utf-8")
    assert isinstance(bad, FaultyFile)
    assert isinstance(cut, TextError)
