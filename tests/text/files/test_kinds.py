"""Files are known by their first bytes, whatever they are called."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile

import pytest

from charlm.text.files.kinds import TAR, ZIP, kind_of, kind_of_zip
from charlm.text.files.unpacking import packing_of

PADDING = bytes(64)


def a_tar(form=tarfile.GNU_FORMAT):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=form) as archive:
        archive.addfile(tarfile.TarInfo("a.txt"))
    return packed.getvalue()


def a_zip(*names):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in names:
            archive.writestr(name, content)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "PDF"),
        (b"%PDF-1.4 all in letters\n", "PDF"),
        (b"{\\rtf1\\ansi hello}", "RTF"),
        (b"%!PS-Adobe-3.0\n", "PostScript"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + PADDING, "Office"),
        (b"\x89PNG\r\n\x1a\n" + PADDING, "PNG"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "JPEG"),
        (b"GIF89a\x01\0", "GIF"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "WebP"),
        (b"RIFF\x10\0\0\0WAVEfmt ", "WAV"),
        (b"BM\x36\0\0\0\0\0\0\0\x36", "BMP"),
        (b"ID3\x04\0\0", "MP3"),
        (b"OggS\0\x02", "Ogg"),
        (b"\0\0\0\x20ftypisom\0", "MPEG-4 video"),
        (b"SQLite format 3\0", "SQLite"),
        (b"\x7fELF\x02\x01\x01\0", "program"),
        (b"MZ\x90\0\x03\0", "Windows program"),
        (b"7z\xbc\xaf\x27\x1c\0\x04", "7z"),
        (b"Rar!\x1a\x07\x01\0", "RAR"),
        (b"\x10\0\0\0\0\0\0\0" + b'{"__metadata__":{}}', "safetensors"),
        (b"PAR1\x15\0", "Parquet"),
    ],
)
def test_a_file_that_is_no_text_is_named_and_the_way_to_its_text(head, name):
    kind = kind_of(head)
    assert kind is not None
    assert name in kind.name
    assert kind.name.startswith(("a ", "an "))
    assert kind.remedy.endswith(".")


@pytest.mark.parametrize(
    "text",
    [
        b"ID3 tags are read first.\n", b"PAR1 is a name", b"BM is one too", b"MZ", b"BZh9 is no magic", b"OTTO", b"II*",
        "GIF89a, et c'est l'été".encode(), "plain".encode("utf-16"), "plain text\n".encode("utf-16-le"), b"",
        "caf\xe9 au lait".encode("latin-1"), b"-----BEGIN CERTIFICATE", b"%PDF is a format",
    ],
)  # fmt: skip
def test_a_text_may_begin_like_another_file(text):
    assert kind_of(text) is None
    assert packing_of(text) is None


@pytest.mark.parametrize(("pack", "form"), [(gzip.compress, ".gz"), (bz2.compress, ".bz2"), (lzma.compress, ".xz")])
def test_packed_files_are_known(pack, form):
    assert packing_of(pack(b"text")) == packing_of(pack(b"")) == form


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT, tarfile.PAX_FORMAT])
def test_archives_are_known(form):
    assert kind_of(a_tar(form)) is TAR
    assert kind_of(a_zip(("a.txt", "text"))) is ZIP
    assert kind_of(a_zip()) is ZIP


@pytest.mark.parametrize(
    ("mimetype", "name"),
    [
        ("application/epub+zip", "EPUB"),
        ("application/vnd.oasis.opendocument.text", "odt"),
        ("application/vnd.oasis.opendocument.spreadsheet", "ods"),
    ],
)
def test_documents_in_a_zip_are_known_by_their_first_member(mimetype, name):
    kind = kind_of(a_zip(("mimetype", mimetype), ("content.xml", "<x/>")))
    assert kind is not None
    assert name in kind.name


@pytest.mark.parametrize(("member", "name"), [("word/document.xml", "docx"), ("xl/workbook.xml", "xlsx")])
def test_documents_in_a_zip_are_known_by_their_members(member, name):
    kind = kind_of_zip(["[Content_Types].xml", member])
    assert kind is not None
    assert name in kind.name
    assert kind_of_zip(["words/a.txt"]) is None
