"""Shards through the command line: plain files, packed ones and tables; what has changed is named before training."""

from __future__ import annotations

import json

import pyarrow
import pytest
from backports import zstd
from pyarrow import parquet

from charlm.text.shards import parts

SMALL = (
    "--device", "cpu", "-s", "model.hidden_size=8", "-s", "model.num_layers=1", "-s", "training.batch_size=4",
    "-s", "training.validations=1", "-s", "training.sample_length=0", "--steps", 4,
)  # fmt: skip
VERSE = "Full fathom five thy father lies;\nOf his bones are coral made;\n"


@pytest.fixture
def corpus(tmp_path):
    """A folder of shards: plain, .zst, and one more."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "a.txt").write_text(VERSE * 5)
    (folder / "b.txt.zst").write_bytes(zstd.compress(b"Those are pearls that were his eyes:\n" * 8))
    (folder / "c.txt").write_text("Nothing of him that doth fade\n" * 9)
    return folder


def refused(result, code):
    assert result.returncode == code, result.stderr
    assert "Traceback" not in result.stderr
    return result.stderr.removeprefix("charlm: ").strip().splitlines()


def test_a_changed_or_vanished_shard_is_named_before_a_run_goes_on(charlm, corpus):
    assert charlm("train", "corpus", "--run", "one", *SMALL).returncode == 0
    (corpus / "c.txt").write_text("But doth suffer a sea-change\n" * 9)
    what, where, *remedy = refused(charlm("train", "--resume", "one", "--more", 2), 4)
    assert what == "The text corpus is no longer the one that one was trained on"
    assert where.startswith("corpus/c.txt has changed (sha256 ")
    assert remedy[0].startswith("Put its files back as they were. If it has moved, name it: charlm train --resume")
    (corpus / "c.txt").unlink()
    _, where, *_ = refused(charlm("eval", "perplexity", "one", "--split", "valid"), 4)
    assert where == "corpus/c.txt is gone"
    (corpus / "c.txt").write_text("Nothing of him that doth fade\n" * 9)
    (corpus / "d.txt").write_text("Ding-dong.\n")
    _, where, *_ = refused(charlm("train", "--resume", "one", "--more", 2), 4)
    assert where == "corpus/d.txt is new"
    (corpus / "d.txt").unlink()
    assert charlm("train", "--resume", "one", "--more", 2).returncode == 0
    corpus.rename(corpus.with_name("moved"))
    assert charlm("train", "--resume", "one", "--more", 2, "--text", "moved").returncode == 0


def test_damaged_shards_are_named(charlm, corpus):
    packed = (corpus / "b.txt.zst").read_bytes()
    (corpus / "b.txt.zst").write_bytes(packed[:-3])
    what, where, remedy = refused(charlm("train", "corpus", *SMALL), 3)
    assert what.startswith("This .zst is damaged or cut short: ")
    assert where == "corpus/b.txt.zst"
    assert "zstd -dc" in remedy
    (corpus / "b.txt.zst").write_bytes(b"")
    assert charlm("data", "stats", "corpus").returncode == 0  # an empty file of a folder is left out, with a note
    (corpus / "b.txt.zst").write_bytes(zstd.compress(b""))
    stats = json.loads(charlm("data", "stats", "corpus/a.txt", "corpus/b.txt.zst", "--json").stdout)
    assert "corpus/b.txt.zst is empty" in stats["notes"]


def test_a_column_of_parquet_is_learnt_and_written(charlm, tmp_path):
    table = {"text": [f"line {number}\nof verse" for number in range(60)], "id": list(range(60))}
    parquet.write_table(pyarrow.table(table), tmp_path / "shard.parquet")
    what, where, remedy = refused(charlm("train", "shard.parquet", *SMALL), 3)
    assert what == "This is a Parquet table with the columns text, id"
    assert remedy == "Name the one with the text, such as -s text.column=text."
    _, where, remedy = refused(charlm("train", "shard.parquet", "-s", "text.column=txt", *SMALL), 3)
    assert where == "shard.parquet, which has text, id"
    assert "text" in remedy
    trained = charlm("train", "shard.parquet", "-s", "text.column=text", "--run", "table", *SMALL)
    assert trained.returncode == 0, trained.stderr
    assert "60 records" in trained.stderr
    score = charlm("eval", "perplexity", "table", "--split", "test", "--json")
    assert json.loads(score.stdout)["protocol"]["state"] == "fresh at each record"
    shown = charlm("data", "show", "shard.parquet", "-s", "text.column=text")
    assert "line 0" in shown.stdout
    assert charlm("doctor", "shard.parquet", "-s", "text.column=text").returncode in (0, 1)


def test_a_large_text_trains_and_resumes_as_a_small_one(charlm, corpus, tmp_path, monkeypatch):
    """The same weights, to the last bit: the position in the text is the same one."""
    cache = {"CHARLM_CACHE": str(tmp_path / "small")}
    assert charlm("train", "corpus", "--run", "small", *SMALL, env=cache).returncode == 0
    monkeypatch.setattr(parts, "LARGE", 0)
    monkeypatch.setattr(parts, "FULL", 100)
    large = {"CHARLM_CACHE": str(tmp_path / "large")}
    assert charlm("train", "corpus", "--run", "large", *SMALL, env=large).returncode == 0
    assert charlm("train", "--resume", "small", "--more", 3, env=large).returncode == 0
    assert charlm("train", "--resume", "large", "--more", 3, env=large).returncode == 0
    small, grown = (tmp_path / f"runs/{name}/step-7/model.safetensors" for name in ("small", "large"))
    assert small.read_bytes() == grown.read_bytes()
