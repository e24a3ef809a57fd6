"""Finding files: folders, globs, .gz, standard input and named corpora."""

import bz2
import gzip
import io
import lzma
import os
import tempfile
import threading
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import pytest

from charlm.config.settings import TextSettings
from charlm.errors import TextError, UsageError
from charlm.text import sources
from charlm.text.files.source_file import SourceFile
from charlm.text.files.spool import Spool
from charlm.text.files.zip_members import zip_members
from charlm.text.sources import find_files


def found(*names, spool=None, **chosen):
    return find_files(TextSettings(sources=tuple(map(str, names)), **chosen), spool or Spool())


def contents(*names, **options):
    files, _ = found(*names, **options)
    return [b"".join(file.blocks()) for file in files]


def test_files_come_in_the_order_in_which_they_are_named(tmp_path):
    (tmp_path / "b").write_bytes(b"2")
    (tmp_path / "a").write_bytes(b"1")
    assert contents(tmp_path / "b", tmp_path / "a") == [b"2", b"1"]


def test_a_folder_gives_its_text_files_sorted_and_a_note_on_the_others(tmp_path):
    for name in ("b.txt", "a/z.txt", "a/b.txt", ".hidden", ".git/config", "picture.png", "empty.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\0\0")
    (tmp_path / "empty.txt").write_bytes(b"")
    os.mkfifo(tmp_path / "pipe")
    assert contents(tmp_path) == [b"a/b.txt", b"a/z.txt", b"b.txt"]
    assert found(tmp_path)[1] == [f"left out of {tmp_path}: 2 hidden, 1 special, 1 empty, 1 binary files"]
    assert b"\x89PNG\0\0" in contents(tmp_path, unit="byte")


def test_a_folder_without_text_is_refused(tmp_path):
    with pytest.raises(TextError, match="no files"):
        found(tmp_path)
    (tmp_path / "picture.png").write_bytes(b"\0")
    with pytest.raises(TextError, match="1 binary"):
        found(tmp_path)


def test_a_glob_gives_the_matching_files_sorted(tmp_path):
    for name in ("b.txt", "a.txt", "c.md", "deep/d.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    assert contents(tmp_path / "*.txt") == [b"a.txt", b"b.txt"]
    assert contents(tmp_path / "**" / "*.txt") == [b"a.txt", b"b.txt", b"deep/d.txt"]
    assert contents(tmp_path / "*") == [b"a.txt", b"b.txt", b"c.md", b"deep/d.txt"]
    assert len(contents(tmp_path / "**")) == 4
    with pytest.raises(TextError, match="matches"):
        found(tmp_path / "*.rst")


def test_a_file_whose_name_looks_like_a_glob_is_that_file(tmp_path):
    (tmp_path / "what[1].txt").write_bytes(b"1")
    assert contents(tmp_path / "what[1].txt") == [b"1"]


@pytest.mark.parametrize("name", ["text.txt.GZ", "text"])
@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_packed_files_are_unpacked_whatever_their_name(tmp_path, pack, name):
    path = tmp_path / name
    path.write_bytes(pack(b"hello" * 500) + pack(b"hello" * 500))
    assert contents(path) == [b"hello" * 1000]
    measured = found(path)[0][0].measured()
    assert measured.unpacked_size == 5000
    assert measured.measured() == measured


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("damage", [lambda whole: whole[:-9], lambda whole: whole[:40] + b"x" * 40 + whole[80:]])
def test_a_damaged_packed_file_is_refused(tmp_path, pack, damage):
    path = tmp_path / "text"
    path.write_bytes(damage(pack(os.urandom(1000))))
    with pytest.raises(TextError, match="damaged or cut short"):
        contents(path)


def test_a_plain_file_may_be_called_gz(tmp_path):
    (tmp_path / "plain.gz").write_bytes(b"plain")
    assert contents(tmp_path / "plain.gz") == [b"plain"]


@pytest.fixture
def spool():
    with Spool() as opened:
        yield opened


def test_standard_input_can_be_read_again(spool, monkeypatch):
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"piped")))
    files, _ = found("-", spool=spool)
    assert [b"".join(files[0].blocks()) for _ in range(2)] == [b"piped"] * 2
    assert files[0].label == "standard input"
    with pytest.raises(UsageError):
        found("-", "-")


def test_a_missing_standard_input_is_reported(monkeypatch):
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(TextError):
        found("-")


def test_a_missing_file_suggests_similar_names(tmp_path):
    (tmp_path / "shakespeare.txt").write_text("")
    with pytest.raises(TextError) as refused:
        found(tmp_path / "shakspeare.txt")
    assert refused.value.remedy == f"Did you mean {tmp_path}/shakespeare.txt?"
    with pytest.raises(TextError, match="Did you mean python-docs"):
        found("python-doc")
    with pytest.raises(TextError, match="charlm data list"):
        found(tmp_path / "zzz" / "qqq")


@pytest.mark.parametrize("name", ["a\0b", "x" * 5000])
def test_an_impossible_file_name_is_refused(name):
    with pytest.raises(TextError):
        found(name)


def test_a_pipe_is_read_like_standard_input(tmp_path, spool):
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=lambda: (tmp_path / "pipe").write_bytes(b"piped" * 50_000))
    writer.start()
    try:
        files, _ = found(tmp_path / "pipe", spool=spool)
    finally:
        writer.join()
    assert [b"".join(files[0].blocks()) for _ in range(2)] == [b"piped" * 50_000] * 2


def test_a_pipe_that_nobody_writes_into_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "PIPE_WAIT", 0.05)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(TextError, match="Nobody writes into this pipe"):
        found(tmp_path / "pipe")
    monkeypatch.setattr(os, "open", Mock(side_effect=PermissionError(13, "Permission denied")))
    with pytest.raises(TextError, match="Permission denied"):
        found(tmp_path / "pipe")


def test_only_regular_files_and_pipes_are_read():
    for device in ("/dev/zero", "/dev/null", "/dev/tty"):
        with pytest.raises(TextError, match=r"device|read"):
            found(device)


def test_broken_links_are_refused(tmp_path):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "gone").symlink_to(tmp_path / "nothing")
    for name in ("loop", "gone"):
        with pytest.raises(TextError):
            found(tmp_path / name)


@pytest.fixture
def nobody():
    """A folder, in a process without the rights of root, who may read everything."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        before = os.geteuid()
        if before == 0:
            os.seteuid(65534)
        yield Path(folder), before
        os.seteuid(before)


def test_files_without_permission_are_refused(nobody):
    folder, owner = nobody
    here = os.geteuid()
    os.seteuid(owner)
    (folder / "secret.txt").write_text("secret")
    (folder / "secret.txt").chmod(0)
    (folder / "closed").mkdir(mode=0)
    os.seteuid(here)
    with pytest.raises(TextError, match="Permission denied"):
        contents(folder / "secret.txt")
    with pytest.raises(TextError, match="Permission denied"):
        found(folder / "closed")
    with pytest.raises(TextError, match="Permission denied"):
        found(folder / "closed" / "inside.txt")


def test_a_growing_file_is_read_to_its_size_when_found(tmp_path):
    path = tmp_path / "log"
    path.write_bytes(b"first\n")
    file = found(path)[0][0].measured()
    with path.open("ab") as log:
        log.write(b"second\n")
    assert b"".join(file.blocks()) == b"first\n"


def test_a_file_that_changes_between_two_reads_is_detected(tmp_path):
    path = tmp_path / "text"
    path.write_bytes(b"one")
    file = found(path)[0][0].measured()
    path.write_bytes(b"two")
    with pytest.raises(TextError, match="changed"):
        list(file.blocks())


def test_a_damaged_corpus_is_to_be_fetched_again(tmp_path):
    path = tmp_path / "names.txt"
    path.write_bytes(b"emma")
    with pytest.raises(TextError, match="charlm data fetch names"):
        SourceFile("names", path, 4, sha256="0" * 64).measured()


def test_a_named_corpus_takes_precedence_over_a_file(tmp_path, monkeypatch):
    (tmp_path / "names").write_text("mine")
    (tmp_path / "fetched").write_text("theirs")
    monkeypatch.setattr(sources, "corpus_file", lambda corpus, spool: tmp_path / "fetched")
    monkeypatch.chdir(tmp_path)
    files, notes = found("names")
    assert (files[0].label, files[0].path) == ("names", tmp_path / "fetched")
    assert notes == ["names is the named corpus; for the file, write ./names"]
    assert contents("./names") == [b"mine"]
    (tmp_path / "names").unlink()
    assert found("names")[1] == []


def test_the_home_of_an_unknown_user_is_a_plain_name():
    with pytest.raises(TextError, match=r"~nobody-of-that-name/x"):
        found("~nobody-of-that-name/x")


def test_a_file_that_is_packed_twice_is_said_to_be(tmp_path):
    (tmp_path / "text.gz").write_bytes(gzip.compress(bz2.compress(b"text")))
    with pytest.raises(TextError, match=r"This \.gz holds a \.bz2") as refused:
        found(tmp_path / "text.gz")
    assert "Unpack it once" in refused.value.remedy


def test_archives_in_a_folder_are_left_out_and_said(tmp_path):
    (tmp_path / "a.txt").write_text("text")
    (tmp_path / "b.txt").write_bytes(b"PK\3\4" + bytes(40))
    assert found(tmp_path)[1] == [f"left out of {tmp_path}: 1 archive file"]


def test_files_of_a_folder_are_selected_by_patterns(tmp_path):
    for name in ("a.txt", "b.md", "drafts/c.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    assert contents(tmp_path, include=["*.txt"], exclude=["drafts", "old"]) == [b"a.txt"]
    notes = found(tmp_path, include=["*.txt"], exclude=["drafts", "old"])[1]
    assert notes == [f"left out of {tmp_path}: 2 unselected files", "text.exclude matches no file: old"]


def test_a_document_is_named_whatever_its_name(tmp_path):
    (tmp_path / "notes.txt").write_bytes(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    with pytest.raises(TextError, match="This is a PDF, not plain text") as refused:
        found(tmp_path / "notes.txt")
    assert "pdftotext" in refused.value.remedy
    assert len(found(tmp_path / "notes.txt", unit="byte")[0]) == 1


def test_standard_input_that_cannot_be_read_is_reported(monkeypatch):
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=Mock(read=Mock(side_effect=OSError(21, "Is a directory")))))
    with pytest.raises(TextError, match="Is a directory"):
        found("-")


def test_a_file_that_is_gone_is_reported_by_every_reader(tmp_path):
    gone = SourceFile("gone", tmp_path / "gone", 4)
    for read in (gone.packing, gone.head, gone.measured, lambda: next(zip_members(gone))):
        with pytest.raises(TextError, match="No such file"):
            read()
