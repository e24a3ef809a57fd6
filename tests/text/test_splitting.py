"""Splits of records and files: whole units, equal ones together, in shares, the same for the same seed."""

import numpy as np
import pytest

from charlm.config.settings import TextSettings
from charlm.errors import TextError
from charlm.text import splitting
from charlm.text.corpus import open_corpus
from charlm.text.split_text import looks_sorted
from charlm.text.vocabulary import Vocabulary

NAMES = [f"{first}{middle}{last}" for first in "abcdefghij" for middle in "aeiou" for last in "lmnrst"]


def all_of(parts):
    return [record for part in parts.values() for record in part]


@pytest.fixture
def split(tmp_path):
    """A function that writes records, opens them, and gives the records of each split and the corpus."""

    def opened(items, **settings):
        path = tmp_path / "list.txt"
        path.write_text("".join(f"{item}\n" for item in items))
        corpus = open_corpus(TextSettings(**{"sources": (str(path),), "records": True} | settings))
        parts = {name: corpus.vocabulary.decode(corpus.split(name)).splitlines() for name in corpus.splits}
        return parts, corpus

    return opened


def test_records_are_split_at_random_by_the_seed(split):
    parts, corpus = split(NAMES, split_seed=1)
    assert sorted(all_of(parts)) == sorted(NAMES)
    assert [len(part) for part in parts.values()] == [270, 15, 15]
    assert len({name[0] for name in parts["valid"]}) > 4  # and not only the last letters of the alphabet
    assert corpus.split_kind == "records"
    assert parts == split(NAMES, split_seed=1)[0]
    assert parts["valid"] != split(NAMES, split_seed=2)[0]["valid"]


def test_the_split_does_not_depend_on_the_order_of_the_records(split):
    parts, again = split(NAMES)[0], split(NAMES[::-1])[0]
    assert {name: sorted(part) for name, part in parts.items()} == {name: sorted(part) for name, part in again.items()}


def test_doubled_records_stand_in_one_split(split):
    rng = np.random.default_rng(2)
    parts, corpus = split(rng.choice(NAMES[:60], 2000).tolist())
    assert parts["valid"]
    assert not set(parts["train"]) & set(parts["valid"])
    assert not set(parts["train"]) & set(parts["test"])
    assert "1,940 records repeat an earlier one" in corpus.notes


def test_blank_records_are_left_out_and_said(split):
    parts, corpus = split(["", *NAMES[:30], "", ""])
    assert "" not in all_of(parts)
    assert "3 blank records were left out" in corpus.notes


def test_long_records_are_put_in_order_in_little_memory(split, monkeypatch):
    monkeypatch.setattr(splitting, "GATHERED", 8)
    records = [name * (1 + number % 30) for number, name in enumerate(NAMES)]
    parts, _ = split(records)
    assert sorted(all_of(parts)) == sorted(records)


def test_the_first_record_is_always_trained_on(split):
    parts, _ = split(["one"], splits=(0.4, 0.3, 0.3))
    assert parts == {"train": ["one"], "valid": [], "test": []}


def test_the_files_of_a_folder_are_split_at_random(tmp_path):
    for number, name in enumerate(NAMES[:100]):
        (tmp_path / f"{number:03}.txt").write_text(f"{name} " * 5 + "\n" * (number % 2))
    corpus = open_corpus(TextSettings(sources=(str(tmp_path),), splits=(0.8, 0.1, 0.1)))
    assert corpus.split_kind == "files"
    parts = {name: corpus.vocabulary.decode(corpus.split(name)).splitlines() for name in corpus.splits}
    assert sorted(all_of(parts)) == sorted(f"{name} " * 5 for name in NAMES[:100])
    assert [len(part) for part in parts.values()] == [80, 10, 10]
    assert len({line[0] for line in parts["valid"]}) > 2


def test_a_few_files_are_split_contiguously_and_it_is_said(tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.txt").write_text(name * 100)
    corpus = open_corpus(TextSettings(sources=(str(tmp_path),)))
    assert corpus.split_kind == "contiguous"
    assert "2 files are too few" in " ".join(corpus.notes)
    forced = open_corpus(TextSettings(sources=(str(tmp_path),), split="shuffled"))
    assert forced.split_kind == "files"


def test_one_running_text_cannot_be_shuffled(split):
    with pytest.raises(TextError, match="records=true"):
        split(NAMES, records=False, split="shuffled")
    assert split(NAMES, records=False)[1].split_kind == "contiguous"


def test_a_sorted_list_with_a_contiguous_split_is_said(split):
    said = "look sorted"
    rng = np.random.default_rng(3)
    assert said in " ".join(split(sorted(NAMES), split="contiguous")[1].notes)
    assert said in " ".join(split(sorted(NAMES)[::-1], split="contiguous")[1].notes)
    assert said not in " ".join(split(rng.permutation(NAMES).tolist(), split="contiguous")[1].notes)
    assert said not in " ".join(split(sorted(NAMES))[1].notes)


def test_few_or_equal_records_do_not_look_sorted():
    vocabulary = Vocabulary.of("abc\n")
    assert not looks_sorted(vocabulary.encode("a\nb\nc\n").ids, 0, vocabulary)
    assert not looks_sorted(vocabulary.encode("a\n" * 50).ids, 0, vocabulary)
