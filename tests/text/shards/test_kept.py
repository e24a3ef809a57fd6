"""What is kept of a large text: nothing is counted or encoded twice, and whatever has changed is."""

from __future__ import annotations

import os
import time

import pytest
from large_texts import VERSE, opened

from charlm.errors import TextError

SHARDS = {f"{name}_txt": f"{name} {VERSE}" * 3 for name in "abcdef"}


def counted(workers):
    return [task["where"].rsplit("/")[-1] for task in workers.tasks if "place" not in task]


def encoded(workers):
    return [task["where"].rsplit("/")[-1] for task in workers.tasks if "place" in task and not task["written"]]


def test_a_text_that_is_unchanged_is_not_read_again(folder, in_here, monkeypatch):
    source = folder(**SHARDS)
    first = opened(source)
    assert len(counted(in_here)) == len(encoded(in_here)) == 6
    in_here.tasks.clear()
    again = opened(source)
    assert again.ids.tolist() == first.ids.tolist()
    assert in_here.tasks == []


def test_only_what_has_changed_is_counted_again(folder, in_here, own_cache):
    source = folder(**SHARDS)
    opened(source)
    in_here.tasks.clear()
    folder(c_txt="c " + VERSE.replace("five", "nine") * 3)  # as long as before, and as old
    folder(g_txt="new\n" * 30)
    assert "nine" in opened(source).vocabulary.decode(opened(source).ids)
    assert sorted(counted(in_here)) == ["c.txt", "g.txt"]
    in_here.tasks.clear()
    os.utime(source / "d.txt")  # as if it had just been written: it may change again within the same tick
    opened(source)
    opened(source)
    assert counted(in_here) == ["d.txt", "d.txt"]
    os.utime(source / "d.txt", (time.time() - 60,) * 2)
    opened(source)
    in_here.tasks.clear()
    opened(source)
    assert counted(in_here) == []


def test_other_settings_count_anew_and_the_first_ones_stay_known(folder, in_here):
    source = folder(**SHARDS)
    opened(source)
    in_here.tasks.clear()
    opened(source, min_count=5)
    assert counted(in_here) == []  # the same counts give another vocabulary
    assert len(encoded(in_here)) == 6
    opened(source, normalize=("lower",))
    assert len(counted(in_here)) == 6
    in_here.tasks.clear()
    opened(source)
    assert in_here.tasks == []


def test_what_was_kept_and_is_damaged_is_counted_again(folder, in_here, own_cache):
    source = folder(**SHARDS)
    first = opened(source).ids.tolist()
    for number, file in enumerate(sorted((own_cache / "counted").iterdir())):
        content = file.read_bytes()
        file.write_bytes((content[:-1], content[: len(content) // 2], b"", content.replace(b"3", b"4", 1))[number % 4])
    in_here.tasks.clear()
    assert opened(source).ids.tolist() == first
    assert len(counted(in_here)) == 6


@pytest.mark.parametrize("after", range(12))
def test_a_text_that_was_interrupted_goes_on_where_it_stopped(folder, in_here, monkeypatch, after):
    """Every part that was done is not done again: six are counted, and six are encoded."""

    class Interrupted(in_here):
        def work(self, tasks):
            for said in super().work(tasks):
                yield said
                if len(self.tasks) > after:
                    raise KeyboardInterrupt

    source = folder(**SHARDS)
    monkeypatch.setattr("charlm.text.corpus.Workers", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        opened(source)
    before = list(in_here.tasks)[:-1]  # the last one was said to have begun
    monkeypatch.setattr("charlm.text.corpus.Workers", in_here)
    whole = opened(source)
    assert whole.vocabulary.decode(whole.ids[slice(*whole.splits["train"])]).startswith(tuple("abcdef"))
    assert len([task for task in in_here.tasks if "place" not in task]) == 6 + (after < 6)
    again = [task for task in in_here.tasks[len(before) + 1 :] if "place" in task]
    assert len([task for task in again if task["written"]]) == max(0, after - 6)


def test_what_the_disk_lost_of_a_part_is_encoded_again(folder, in_here, own_cache, monkeypatch):
    class Interrupted(in_here):
        def work(self, tasks):
            yield from list(super().work(tasks))
            if "place" in tasks[0][1]:
                raise KeyboardInterrupt

    source = folder(**SHARDS)
    monkeypatch.setattr("charlm.text.corpus.Workers", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        opened(source, split="contiguous")
    (ids,), (listed,) = ((own_cache / "ids").glob(f"*{suffix}") for suffix in (".part", ".parts"))
    written = ids.read_bytes()
    ids.write_bytes(bytes(10) + written[10:])
    listed.write_bytes(listed.read_bytes()[:-5])
    monkeypatch.setattr("charlm.text.corpus.Workers", in_here)
    assert opened(source, split="contiguous").ids.tobytes() == written
    os.utime(ids.with_suffix(".ids"))
    assert not list((own_cache / "ids").glob("*.part*"))


def test_what_was_begun_long_ago_is_forgotten(folder, in_here, own_cache):
    opened(folder(**SHARDS))
    old, new = (own_cache / "ids" / name for name in ("old.part", "new.part"))
    old.write_bytes(b"ids")
    new.write_bytes(b"ids")
    os.utime(old, (1e9, 1e9))
    opened(folder(z_txt="more\n"))
    assert not old.exists()
    assert new.exists()


def later(in_here, when, change):
    """Workers who first do `change` when something is counted or encoded, and take the parts in their order."""

    class Later(in_here):
        order = staticmethod(sorted)

        def work(self, tasks):
            if tasks and ("place" in tasks[0][1]) == (when == "encoding"):
                change()
            yield from super().work(tasks)

    return Later


@pytest.mark.parametrize("when", ["counting", "encoding"])
def test_a_shard_that_vanishes_is_named_and_the_others_are_kept(folder, in_here, monkeypatch, when):
    source = folder(**SHARDS)
    monkeypatch.setattr("charlm.text.corpus.Workers", later(in_here, when, (source / "e.txt").unlink))
    with pytest.raises(TextError, match="cannot be read: No such file") as refused:
        opened(source)
    assert refused.value.where.endswith("e.txt")
    monkeypatch.setattr("charlm.text.corpus.Workers", in_here)
    in_here.tasks.clear()
    folder(e_txt=SHARDS["e_txt"])
    assert opened(source).characters == sum(map(len, SHARDS.values()))
    assert set(counted(in_here)) == ({"e.txt", "f.txt"} if when == "counting" else {"e.txt"})
    assert len(encoded(in_here)) == (6 if when == "counting" else 2)


def test_a_shard_that_changes_between_counting_and_encoding_is_named(folder, in_here, monkeypatch):
    source = folder(**SHARDS)
    change = later(in_here, "encoding", lambda: folder(b_txt=SHARDS["b_txt"].replace("five", "nine")))
    monkeypatch.setattr("charlm.text.corpus.Workers", change)
    with pytest.raises(TextError, match="changed while it was read") as refused:
        opened(source)
    assert refused.value.where.endswith("b.txt")
    assert opened(source).vocabulary.decode(opened(source).ids).count("nine") == 3
