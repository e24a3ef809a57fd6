"""Glob patterns for the files of folders and archives, and what is left out."""

import pytest

from charlm.errors import TextError
from charlm.text.files.kinds import PDF
from charlm.text.files.selecting import LeftOut, Selection, is_hidden


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        ("*.txt", ["a.txt", "deep/er/b.txt"], ["a.md", "a.txt.bak"]),
        ("drafts/*", ["drafts/a", "drafts/deep/a"], ["old/drafts/a", "drafts"]),
        ("drafts", ["drafts/a", "old/drafts/b"], ["draft"]),
        ("./drafts/", ["drafts/a"], ["a"]),
        ("**/notes/*.md", ["notes/a.md", "deep/er/notes/a.md"], ["a.md"]),
        ("a**", ["a", "abc"], ["b"]),
        ("chapter-[0-9].txt", ["chapter-3.txt"], ["chapter-x.txt", "chapter-33.txt"]),
        ("[!a]?.txt", ["bc.txt"], ["ab.txt", "b/.txt"]),
        ("[a", ["[a"], ["a"]),
        ("a+(b).txt", ["a+(b).txt"], ["aab.txt"]),
    ],
)
def test_patterns_match_as_in_a_shell(pattern, matching, others):
    assert all(Selection([pattern]).takes(name) for name in matching)
    assert not any(Selection([pattern]).takes(name) for name in others)


def test_what_is_excluded_is_not_taken_though_it_is_included():
    selection = Selection(["*.txt"], ["b*", "zzz"])
    assert [name for name in ("a.txt", "b.txt", "c.md") if selection.takes(name)] == ["a.txt"]
    assert selection.notes == ["text.exclude matches no file: zzz"]
    assert Selection().takes("anything")
    assert Selection(["*.rst"]).notes == ["text.include matches no file: *.rst"]


def test_what_is_left_out_is_counted_by_reason():
    left_out = LeftOut("books")
    assert left_out.notes == []
    for reason in ("binary", "hidden", "hidden"):
        left_out.add(reason)
    assert left_out.notes == ["left out of books: 2 hidden, 1 binary files"]


@pytest.mark.parametrize(
    ("reasons", "remedy"),
    [
        ([], "Give"),
        (["hidden"], "files themselves"),
        (["unselected", "binary"], "text.include"),
        (["archive"], "archives themselves"),
    ],
)
def test_if_nothing_is_left_the_error_says_why(reasons, remedy):
    left_out = LeftOut("books")
    for reason in reasons:
        left_out.add(reason)
    with pytest.raises(TextError) as refused:
        raise left_out.nothing_left_error("folder")
    assert remedy in refused.value.remedy


def test_if_nothing_is_left_the_first_kind_is_explained():
    left_out = LeftOut("books")
    left_out.add("binary", "a.pdf", PDF)
    left_out.add("binary", "b.pdf", PDF)
    assert "a.pdf is a PDF. Give its text" in left_out.nothing_left_error("folder").remedy


def test_hidden_files_are_those_of_the_system():
    assert all(map(is_hidden, (".git/config", "a/.b", "__MACOSX/a.txt", "Thumbs.db")))
    assert not any(map(is_hidden, ("a/b.txt", "../b.txt", "./b.txt")))


def test_archives_within_an_archive_are_to_be_unpacked():
    left_out = LeftOut("books")
    left_out.add("archive")
    assert "zip and tar" in left_out.nothing_left_error("folder").remedy
    assert left_out.nothing_left_error("archive").remedy.startswith("Unpack this archive")
