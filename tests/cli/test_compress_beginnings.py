"""`charlm compress` with the counts of a training text, and from nothing, through the real command line."""

from __future__ import annotations

import json
from functools import partial

import pytest
from test_compress import few_segments, files_in, letter, refused  # noqa: F401


@pytest.fixture
def trained(charlm, tmp_path):
    """A run of a text that is beside it."""
    (tmp_path / "book.txt").write_text("The owl came home and ate the moon.\nA cat sat on the mat, and slept.\n" * 60)
    small = ("-s", "model.hidden_size=16", "-s", "training.seq_len=16", "-s", "training.batch_size=8")
    done = charlm("train", "book.txt", "--run", "book", "--steps", 6, *small)
    assert done.returncode == 0, done.stderr
    (tmp_path / "story.txt").write_text("The cat came home and slept on the moon.\nA owl ate the mat.\n" * 5)
    return tmp_path


def packed_size(charlm, *options):
    done = charlm("compress", "book", "story.txt", "-o", "out.clm", "--force", "--json", *options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_mix_begins_with_the_counts_of_the_training_text(charlm, trained):
    found = packed_size(charlm, "--mix")
    without = packed_size(charlm, "--mix", "--no-counts")
    assert (found["training_counts"], without["training_counts"]) == (True, False)
    assert found["compressed_bytes"] < 0.8 * without["compressed_bytes"]
    assert packed_size(charlm, "--mix", "--counts")["compressed_bytes"] == found["compressed_bytes"]
    assert charlm("decompress", "out.clm", "-o", "back.txt").returncode == 0
    assert (trained / "back.txt").read_bytes() == (trained / "story.txt").read_bytes()


def test_a_training_text_that_has_moved_or_changed(charlm, trained):
    """Each advice is followed."""
    size = packed_size(charlm, "--mix")["compressed_bytes"]
    (trained / "book.txt").rename(trained / "moved.txt")
    refused(charlm("decompress", "out.clm", "-o", "x"), 3, "needs the text that book was trained on", "--text PATH")
    assert charlm("decompress", "out.clm", "-o", "x", "--run", "book", "--text", "moved.txt").returncode == 0
    wanted = charlm("compress", "book", "story.txt", "--mix", "--counts", "-o", "y")
    refused(wanted, 3, "charlm compress book story.txt --mix --text PATH")
    done = charlm("compress", "book", "story.txt", "--mix", "-o", "less.clm")
    assert (done.returncode, "begins without its counts" in done.stderr) == (0, True)
    assert charlm("decompress", "less.clm", "-o", "y").returncode == 0
    assert packed_size(charlm, "--mix", "--text", "moved.txt")["compressed_bytes"] == size
    (trained / "book.txt").write_text("Another book.\n" * 100)
    refused(charlm("decompress", "out.clm", "-o", "z"), 4, "no longer the one that book was trained on")
    assert not (trained / "z").exists()


def test_options_that_are_for_nothing_are_refused(charlm, trained):
    compress = partial(charlm, "compress", "book", "story.txt")
    refused(compress("--counts"), 2, "--mix --counts")
    refused(compress("--text", "book.txt"), 2, "--mix --text")
    refused(compress("--mix", "--no-counts", "--text", "book.txt"), 2, "without --no-counts")
    refused(compress("--from-nothing"), 2, "charlm compress story.txt --from-nothing")
    refused(charlm("compress", "story.txt"), 2, "charlm compress story.txt --from-nothing")
    refused(charlm("compress", "story.txt", "--from-nothing", "--portable"), 2, "Leave --portable out")
    refused(charlm("compress", "story.txt", "--from-nothing", "--no-counts"), 2, "Leave --no-counts out")
    refused(charlm("compress", "story.txt", "--from-nothing", "--mix", "--text", "x"), 2, "Leave --text out")
    refused(charlm("compress", "story.txt", "--from-nothing", "--adapt-rate", "-1"), 2, "--adapt-rate")
    assert compress("--mix", "--no-counts").returncode == 0
    refused(charlm("decompress", "story.txt.clm", "-o", "x", "--text", "book.txt"), 2, "Leave --text out")
    assert files_in(trained).count("story.txt.clm") == 1


@pytest.fixture
def small_models(monkeypatch):
    from charlm.compression import beginning, engine
    from charlm.compression.beginning import Beginning

    monkeypatch.setattr(beginning, "Beginning", partial(Beginning, units=16))
    monkeypatch.setattr(engine, "LEARNED", 40)


def test_from_nothing_a_text_comes_back_without_a_run(charlm, letter, tmp_path, small_models):  # noqa: F811
    done = charlm("compress", letter, "--from-nothing", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["run"], found["mix"]) == (None, True)
    assert found["compressed_bytes"] < 0.4 * found["text_bytes"]
    refused(charlm("decompress", f"{letter}.clm", "-o", "x", "--run", "book"), 2, "Leave --run out")
    done = charlm("decompress", f"{letter}.clm", "-o", "back")
    assert done.returncode == 0, done.stderr
    assert "from nothing" in done.stderr
    assert (tmp_path / "back").read_bytes() == letter.read_bytes()
    assert not (tmp_path / "x").exists()
