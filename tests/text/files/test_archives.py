"""Archives are read like folders of their text members, and nothing of them gets onto the disk by its name."""

import gzip
import io
import os
import struct
import tarfile
import tempfile
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest

from charlm.config.settings import TextSettings
from charlm.errors import TextError
from charlm.text.files import archives, source_file, tar_members, zip_members
from charlm.text.files.spool import Spool
from charlm.text.sources import find_files

MEMBERS = {
    "b.txt": b"two\n",
    "a/z.txt": b"one\n",
    ".hidden": b"x",
    "__MACOSX/a.txt": b"x",
    "empty": b"",
    "p.png": b"\x89PNG\0",
}
NESTED = {"in.zip": b"PK\3\4" + bytes(30), "in.gz": gzip.compress(b"text")}


def a_zip(members, **options):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


def a_tar(members, mode="w", special=()):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        for name, kind, target in special:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, target
            archive.addfile(member)
    return packed.getvalue()


@pytest.fixture
def read(tmp_path):
    """A function that reads an archive: what its members hold by their labels, and the notes."""

    def read_archive(data, name="archive", **chosen):
        (tmp_path / name).write_bytes(data)
        with Spool() as spool:
            files, notes = find_files(TextSettings(sources=(str(tmp_path / name),), **chosen), spool)
            return {file.label.split(": ", 1)[-1]: b"".join(file.measured().blocks()) for file in files}, notes

    return read_archive


FORMS = {
    "zip": a_zip, "tar": a_tar, "tar.gz": lambda members: a_tar(members, "w:gz"),
    "tar.bz2": lambda members: a_tar(members, "w:bz2"), "tar.xz": lambda members: a_tar(members, "w:xz"),
}  # fmt: skip


@pytest.mark.parametrize("pack", FORMS.values(), ids=FORMS)
def test_an_archive_is_read_like_a_folder_of_its_texts(read, pack):
    found, notes = read(pack(MEMBERS | NESTED))
    assert list(found.items()) == [("a/z.txt", b"one\n"), ("b.txt", b"two\n")]
    (note,) = notes
    assert note.endswith("/archive: 2 hidden, 1 empty, 1 binary, 2 archive files")


@pytest.mark.parametrize("pack", FORMS.values(), ids=FORMS)
def test_members_are_selected_by_patterns(read, pack):
    found, notes = read(pack(MEMBERS), include=["*.txt"], exclude=["b*", "c*"])
    assert list(found) == ["a/z.txt"]
    assert notes[-1] == "text.exclude matches no file: c*"
    with pytest.raises(TextError, match=r"text\.include"):
        read(pack(MEMBERS), include=["*.rst"])


def test_binary_members_are_kept_if_the_text_is_read_as_bytes(read):
    assert "p.png" in read(a_zip(MEMBERS), unit="byte")[0]


def test_an_archive_without_text_is_refused_with_the_reason(read):
    with pytest.raises(TextError, match=r"p\.png is a PNG picture"):
        read(a_zip({"p.png": MEMBERS["p.png"]}))
    with pytest.raises(TextError, match="has no files"):
        read(a_zip({}))


@pytest.mark.parametrize("pack", [a_zip, a_tar])
def test_names_that_climb_out_of_a_folder_or_print_controls_are_only_labels(read, tmp_path, pack):
    names = ("../../escape.txt", "/tmp/absolute-escape.txt", "a\x1b[2J\n.txt")
    before = set(tmp_path.parent.rglob("*"))
    found, _ = read(pack(dict.fromkeys(names, b"text\n")))
    assert set(found) == {"../../escape.txt", "/tmp/absolute-escape.txt", "a\\x1b[2J\\n.txt"}
    assert {path.name for path in set(tmp_path.parent.rglob("*")) - before} == {"archive"}
    assert not Path("/tmp/absolute-escape.txt").exists()


def test_links_and_devices_are_left_out(read):
    special = [
        ("link", tarfile.SYMTYPE, "/etc/passwd"), ("hard", tarfile.LNKTYPE, "/etc/passwd"),
        ("device", tarfile.CHRTYPE, ""), ("pipe", tarfile.FIFOTYPE, ""), ("folder", tarfile.DIRTYPE, ""),
    ]  # fmt: skip
    found, notes = read(a_tar({"a.txt": b"text\n"}, special=special))
    assert list(found) == ["a.txt"]
    assert notes[0].endswith(": 4 special files")
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    found, notes = read(a_zip({"a.txt": b"text\n", link: b"/etc/passwd", "folder/": b""}))
    assert list(found) == ["a.txt"]
    assert notes[0].endswith(": 1 special file")


def test_a_member_of_a_zip_may_have_no_name(read):
    packed = a_zip({"a": b"one", "b": b"two"})
    listed = packed.rfind(b"PK\1\2")  # the list of members: the name of the last one becomes part of its extra field
    changed = packed[: listed + 28] + b"\0\0\1\0" + packed[listed + 32 :]
    with suppress(TextError):  # its own header has a name
        read(changed)


def test_of_two_members_with_one_name_the_last_counts(read):
    packed = io.BytesIO(a_tar({"a.txt": b"old\n"}))
    with tarfile.open(fileobj=packed, mode="a") as archive:
        member = tarfile.TarInfo("a.txt")
        member.size = 4
        archive.addfile(member, io.BytesIO(b"new\n"))
    assert read(packed.getvalue())[0] == {"a.txt": b"new\n"}


@pytest.mark.parametrize("pack", FORMS.values(), ids=FORMS)
def test_an_archive_that_is_cut_short_is_refused_once_and_clearly(read, pack):
    whole = pack({"a.txt": os.urandom(3000).hex().encode(), "b.txt": b"text\n" * 1000})
    for size in (len(whole) // 3, len(whole) // 2, 600 if pack is a_tar else len(whole) - 30):
        with pytest.raises(TextError, match="damaged or cut short"):
            read(whole[:size])


@pytest.mark.parametrize("pack", [a_zip, a_tar])
def test_damaged_bytes_are_a_text_or_a_text_error(read, pack):
    whole = pack(dict.fromkeys("abcd", b"plain text\n" * 3))
    for place in range(0, len(whole), 1 + len(whole) // 150):
        damaged = bytearray(whole)
        damaged[place] ^= 0x41
        with suppress(TextError):
            read(bytes(damaged))


@pytest.mark.parametrize("pack", [a_zip, lambda members: a_tar(members, "w:gz")])
def test_a_bomb_is_refused_by_all_that_it_unpacks_to(read, monkeypatch, pack):
    monkeypatch.setattr(source_file, "MOST_UNPACKED", 1 << 18)
    with pytest.raises(TextError, match="like a zip bomb"):
        read(pack({f"{number}.txt": b"boom" * (1 << 14) for number in range(20)}))
    with pytest.raises(TextError, match="like a zip bomb"):
        read(pack({"a.txt": b"boom" * (1 << 22)}))


def test_members_of_a_bomb_that_are_left_out_count_too(read, monkeypatch):
    monkeypatch.setattr(source_file, "MOST_UNPACKED", 1 << 18)
    with pytest.raises(TextError, match="like a zip bomb"):
        read(a_tar({"x.bin": bytes(1 << 25), "a.txt": b"text"}, "w:gz"))


def test_an_encrypted_zip_is_said_to_be_one(read):
    data = bytearray(a_zip({"a.txt": b"text"}))
    for magic, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.index(magic) + offset] |= 1
    with pytest.raises(TextError, match="encrypted"):
        read(bytes(data))


def test_an_unknown_method_of_packing_is_said(read):
    data = bytearray(a_zip({"a.txt": b"text"}))
    for magic, offset in ((b"PK\3\4", 8), (b"PK\1\2", 10)):
        struct.pack_into("<H", data, data.index(magic) + offset, 9)
    with pytest.raises(TextError, match="7z x"):
        read(bytes(data))


def test_a_document_is_named_for_what_it_is(read):
    with pytest.raises(TextError, match=r"Word document \(docx\)"):
        read(a_zip({"[Content_Types].xml": "<x/>", "word/document.xml": "<x/>"}), name="letter.zip")
    with pytest.raises(TextError, match="EPUB"):
        read(a_zip({"mimetype": "application/epub+zip", "META-INF/container.xml": "<x/>"}), name="book.txt")


def test_the_list_of_members_is_bounded(read, monkeypatch):
    monkeypatch.setattr(zip_members, "LARGEST_DIRECTORY", 1 << 17)
    with pytest.raises(TextError, match="too many members"):
        read(a_zip({f"{number:0200}": b"text" for number in range(600)}))


def test_headers_of_a_tar_are_bounded(read, monkeypatch):
    monkeypatch.setattr(tar_members, "LARGEST_HEADER", 1 << 14)
    with pytest.raises(TextError, match="a header of"):
        read(a_tar({"x" * 20_000: b"text"}))
    monkeypatch.setattr(tar_members, "MOST_HEADERS", 1 << 14)
    with pytest.raises(TextError, match="too long"):
        read(a_tar({"x" * 16_000: b"text"}))


def test_thousands_of_members_are_read_and_not_held(read, monkeypatch):
    found, _ = read(a_tar({f"{number:05}.txt": b"text\n" for number in range(3000)}, "w:gz"))
    assert len(found) == 3000
    assert list(found)[:2] == ["00000.txt", "00001.txt"]


@pytest.mark.parametrize("pack", FORMS.values(), ids=FORMS)
def test_members_are_too_many_only_for_the_size_of_the_archive(read, monkeypatch, pack):
    members = {f"{number}.txt": b"text" for number in range(40)}
    monkeypatch.setattr(archives, "FEW_MEMBERS", 20)
    monkeypatch.setattr(archives, "BYTES_OF_MEMBER", 10)
    assert len(read(pack(members))[0]) == 40
    monkeypatch.setattr(archives, "BYTES_OF_MEMBER", 1 << 20)
    with pytest.raises(TextError, match="more than 20 texts"):
        read(pack(members))


def test_a_large_member_is_read_in_blocks(read, monkeypatch):
    monkeypatch.setattr(zip_members, "BLOCK", 1 << 12)
    monkeypatch.setattr(tar_members, "BLOCK", 1 << 12)
    text = b"0123456789\n" * 20_000
    assert read(a_zip({"a.txt": text}))[0] == read(a_tar({"a.txt": text}))[0] == {"a.txt": text}


def test_an_archive_that_cannot_be_opened_or_copied_is_refused(read, monkeypatch):
    def closed(*_, **__):
        raise PermissionError(13, "Permission denied")

    opened = Path.open
    monkeypatch.setattr(Path, "open", lambda self, mode="r": closed() if self.name == "1" else opened(self, mode))
    with pytest.raises(TextError, match="TMPDIR"):
        read(a_zip({"a.txt": b"text"}))
    monkeypatch.undo()
    monkeypatch.setattr(tempfile, "mkdtemp", closed)
    with pytest.raises(TextError, match="TMPDIR"):
        read(a_zip({"a.txt": b"text"}))


def test_labels_are_escaped():
    assert archives.shown("a\u202eb\udcff.txt") == "a\\u202eb\\udcff.txt"
