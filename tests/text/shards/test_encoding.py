"""A large text in parts is the text at once: the same ids, vocabulary, splits and notes, in any order of the parts."""

from __future__ import annotations

import gzip
import json
import random
import shutil

import numpy as np
import pytest
from large_texts import VERSE, InHere, opened, to_the_end

from charlm.config.settings import TextSettings
from charlm.errors import TextError
from charlm.text import cache
from charlm.text import corpus as corpus_room
from charlm.text.corpus import describe_corpus, open_corpus, open_in_steps
from charlm.text.shards import encoding_part, parts
from charlm.text.shards.unfinished import lock_of
from charlm.text.vocabulary import Vocabulary

FRENCH = "Le cœur a ses raisons que la raison ne connaît point.\n"
BOOK = (
    "*** START OF THE PROJECT GUTENBERG EBOOK X ***\n"
    + VERSE * 3
    + "*** END OF THE PROJECT GUTENBERG EBOOK X ***\nno\n"
)


def lines_of(texts):
    return "".join(json.dumps({"text": text, "kind": kind}) + "\n" for kind, text in texts)


PLAIN = {"a_txt": VERSE * 3, "b_txt": FRENCH * 4, "c_txt": VERSE + "no end", "d_txt": "日本語\r\n" * 20}
FORMS = {
    "plain": (PLAIN, {}),
    "contiguous": (PLAIN, {"split": "contiguous"}),
    "kept line ends": (PLAIN, {"newlines": "keep"}),
    "rare": (PLAIN, {"min_count": 9}),
    "bytes": (PLAIN, {"unit": "byte"}),
    "graphemes": (PLAIN | {"e_txt": "Zoe\u0301 👩‍👩‍👧 \u1112\u1161\u11ab\n" * 9 + "e\u0301"}, {"unit": "grapheme"}),
    "normalized": (PLAIN | {"e_txt": "ﬁn e\u0301\n" * 30}, {"normalize": ("nfkc", "lower")}),
    "lines": (PLAIN, {"records": True}),
    "books": ({"a_txt": BOOK, "b_txt": VERSE * 4, "c_txt": BOOK}, {"strip": "gutenberg"}),
    "encodings": ({"a_txt": FRENCH.encode("latin-1", "ignore") * 9, "b_txt": FRENCH * 9}, {"encoding": "auto"}),
    "packed": ({"a_txt": gzip.compress(VERSE.encode() * 9, 0), "b_txt": VERSE * 3}, {}),
    "a separator": (
        {"a_txt": "one % two\n%\n" * 20, "b_txt": "no\n%\n100 %\n" * 20, "c_txt": "50 %"},
        {"separator": "%"},
    ),
    "empty lines": ({"a_txt": "one\n\ntwo\n\n" * 20, "b_txt": "three\n\n\nfour" * 20}, {"separator": "empty-line"}),
    "fields": (
        {
            "a_jsonl": lines_of([("x", "one\ntwo"), ("y", "")] * 9),
            "b_jsonl": lines_of([("z", "a\x1eb"), ("x", "u")] * 9),
        },
        {"field": "text", "label": "kind"},
    ),
    "columns": (
        {"a_csv": "kind,text\n" + "x,one\n" * 30, "b_csv": "kind,text\n" + 'y,"two\nlines"\n' * 30},
        {"column": "text", "label": "kind"},
    ),
}


def all_of(corpus):
    return corpus.ids.tolist(), str(corpus.ids.dtype), corpus.splits, corpus.decided, describe_corpus(corpus)


@pytest.mark.parametrize("name", FORMS)
def test_law_parts_give_the_same_text_in_any_order(folder, own_cache, monkeypatch, name):
    files, settings = FORMS[name]
    source = folder(**files)
    once = all_of(opened(source, **settings))
    monkeypatch.setattr(parts, "LARGE", 0)
    monkeypatch.setattr(parts, "FULL", 100)
    monkeypatch.setattr(corpus_room, "Workers", InHere)
    for seed in range(2):
        shutil.rmtree(own_cache)
        shuffled = random.Random(seed)
        monkeypatch.setattr(InHere, "order", staticmethod(lambda tasks, by=shuffled: by.sample(tasks, len(tasks))))
        assert all_of(opened(source, **settings)) == once
    assert all_of(opened(source, **settings)) == once  # from the cache


@pytest.mark.parametrize("unknown", ["skip", "nearest"])
@pytest.mark.parametrize("symbols", [VERSE, VERSE + "é日", FRENCH])
def test_law_the_same_with_a_vocabulary(folder, own_cache, in_here, monkeypatch, symbols, unknown):
    source = folder(**PLAIN, e_txt="ﬁn e\u0301\n" * 30)
    vocabulary = Vocabulary.of(symbols)
    found = all_of(opened(source, vocabulary, unknown))
    shutil.rmtree(own_cache)
    monkeypatch.setattr(parts, "LARGE", 1 << 30)
    assert found == all_of(opened(source, vocabulary, unknown))


def test_an_unknown_character_is_named_with_its_place_in_the_whole_text(folder, in_here, monkeypatch):
    source = folder(a_txt=VERSE * 3, b_txt=VERSE + FRENCH, c_txt=FRENCH)
    with pytest.raises(TextError) as in_parts:
        opened(source, Vocabulary.of(VERSE))
    monkeypatch.setattr(parts, "LARGE", 1 << 30)
    with pytest.raises(TextError) as at_once:
        opened(source, Vocabulary.of(VERSE))
    assert str(in_parts.value) == str(at_once.value)


def test_an_entry_of_parts_is_compared_as_any_other(folder, own_cache, in_here):
    corpus = opened(folder(**PLAIN), split="contiguous")
    whole = np.array(corpus.ids)
    (file,) = (own_cache / "ids").glob("*.ids")
    for place in (0, len(whole) // 2, len(whole) - 1):
        changed = whole.copy()
        changed[place] ^= 1
        file.write_bytes(changed.tobytes())
        assert opened(folder(**PLAIN), split="contiguous").ids.tolist() == whole.tolist()
    assert sorted(path.suffix for path in (own_cache / "ids").iterdir()) == [".ids", ".json", ".lock"]


def test_the_steps_say_how_far_the_text_is(folder, in_here):
    steps = list(open_in_steps(TextSettings(sources=(str(folder(**PLAIN)),))))
    assert [step.doing for step in steps] == ["counting"] * 8 + ["encoding"] * 8
    assert all(0 < step.done <= step.total for step in steps)
    assert steps[7].done == steps[15].done == steps[0].total


def test_a_process_that_encodes_the_same_text_is_waited_for(folder, in_here, own_cache):
    settings = TextSettings(sources=(str(folder(**PLAIN)),), split="contiguous")
    first = open_corpus(settings)
    (ids,) = (own_cache / "ids").glob("*.ids")
    lock = lock_of(ids.stem)
    lock.acquire()
    facts = ids.with_suffix(".json").read_bytes()
    ids.with_suffix(".json").unlink()
    steps = open_in_steps(settings)
    assert next(steps).doing.startswith("waiting for another process")
    ids.with_suffix(".json").write_bytes(facts)  # the other process is done
    lock.release()
    in_here.tasks.clear()
    assert to_the_end(steps).ids.tolist() == first.ids.tolist()
    assert in_here.tasks == []


def test_a_cache_that_cannot_be_written_leaves_the_text_in_memory(folder, in_here, own_cache, monkeypatch):
    source = folder(**PLAIN)
    whole = opened(source).ids.tolist()
    (own_cache / "file").write_text("in the way")
    monkeypatch.setenv("CHARLM_CACHE", str(own_cache / "file"))
    held = opened(source)
    assert held.ids.tolist() == whole
    assert any("held in memory" in note for note in held.notes)
    monkeypatch.setattr(cache, "MOST_HELD", 100)
    with pytest.raises(TextError, match="too large to be held in memory") as refused:
        opened(source)
    assert "CHARLM_CACHE" in refused.value.remedy


def test_too_little_room_is_said_before_anything_is_encoded(folder, in_here, own_cache, monkeypatch):
    source = folder(**PLAIN)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(100, 90, 10))
    with pytest.raises(TextError, match=r"it needs \d+ bytes, and 10 are free") as refused:
        opened(source)
    assert "CHARLM_CACHE" in refused.value.remedy
    assert all("place" not in task for task in in_here.tasks)
    monkeypatch.undo()


def test_a_disk_that_is_full_while_a_part_is_written_uses_nothing_of_it(folder, in_here, own_cache, monkeypatch):
    source, lengthened = folder(**PLAIN), encoding_part.lengthened

    def fail_late(found, length, ids):
        if len(in_here.tasks) == 7:
            raise OSError(28, "No space left on device")
        return lengthened(found, length, ids)

    monkeypatch.setattr(encoding_part, "lengthened", fail_late)
    with pytest.raises(TextError, match="cannot be written: No space left on device") as refused:
        opened(source)
    assert "goes on where it stopped" in refused.value.remedy
    assert not list((own_cache / "ids").glob("*.json"))
    monkeypatch.setattr(encoding_part, "lengthened", lengthened)
    in_here.tasks.clear()
    found = opened(source)
    assert len([task for task in in_here.tasks if task["written"]]) == 2  # of four parts
    assert found.vocabulary.decode(found.ids).count("no end") == 1
