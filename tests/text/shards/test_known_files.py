"""Which file of a text has changed, in words."""

from __future__ import annotations

import pytest
from large_texts import opened

from charlm.text.shards.known_files import KnownFile, differences, keep_files, kept_files


def files(folder="corpus", **contents):
    return [KnownFile(f"{folder}/{name}.txt", 1, content * 64) for name, content in contents.items()]


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (files(a="1", b="2", c="3"), "the same files are in another order, or have other names"),
        (files(a="1", b="9", c="3"), "corpus/b.txt has changed (sha256 999999999999 instead of 222222222222)"),
        (files(a="1", c="3"), "corpus/b.txt is gone"),
        (files(a="1", b="2", bb="8", c="3"), "corpus/bb.txt is new"),
        (files("elsewhere/corpus", a="1", b="9", c="3"), "elsewhere/corpus/b.txt has changed (sha256 999999999999"),
        (files("other", a="1", b="2", x="3"), "the same files are in another order, or have other names"),
        (files(a="4", c="5", d="6", e="7"), "corpus/c.txt has changed"),
        ([], "corpus/a.txt is gone; corpus/b.txt is gone; corpus/c.txt is gone"),
    ],
)
def test_what_has_changed_is_named(now, said):
    assert said in differences(files(a="1", b="2", c="3"), now)


def test_of_many_changes_some_are_named():
    said = differences(files(a="1"), files(a="2", b="3", c="4", d="5", e="6"))
    assert said.endswith("corpus/c.txt is new; 2 more files differ")
    mixed = [KnownFile("/absolute/a.txt", 1, "1"), KnownFile("relative/b.txt", 1, "2")]
    assert differences(mixed, [mixed[0]]) == "relative/b.txt is gone"


def test_the_files_of_a_text_are_kept_under_its_sha256(folder, own_cache):
    corpus = opened(folder(a_txt="one\n", b_txt="two\n"))
    assert [file.label.rpartition("/")[2] for file in kept_files(corpus.sha256)] == ["a.txt", "b.txt"]
    assert kept_files(corpus.sha256) == list(corpus.files)
    (record,) = (own_cache / "texts").iterdir()
    for damaged in (b"", b"[[1]]", b"{}"[:1], b"[1]"):
        record.write_bytes(damaged)
        assert kept_files(corpus.sha256) == []
    assert keep_files("0" * 64, corpus.files[:1]) == corpus.files[:1]
    assert kept_files("0" * 64) == []  # what there is only one of needs no name
