"""The named corpora: their table, and where their text is found."""

import hashlib
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from charlm.errors import TextError
from charlm.text.corpora.named import CORPORA, corpus_file, fetched_file
from charlm.text.files.spool import Spool

FETCHED = [corpus for corpus in CORPORA.values() if not corpus.recipe]


def test_the_table_of_corpora():
    assert list(CORPORA) == ["alice", "python-docs", "python-source", "python-names", "tiny-shakespeare", "names",
                             "text8", "enwik8"]  # fmt: skip
    assert all(name == corpus.name for name, corpus in CORPORA.items())


@pytest.mark.parametrize("corpus", FETCHED, ids=lambda corpus: corpus.name)
def test_every_download_has_a_pinned_checksum(corpus):
    assert urlsplit(corpus.url).scheme == "https"
    for sha256 in (corpus.download_sha256, corpus.text_sha256):
        assert len(bytes.fromhex(sha256)) == 32
    assert corpus.text_bytes >= corpus.download_bytes > 0
    assert bool(corpus.member) == corpus.url.endswith(".zip")
    if not corpus.member:
        assert (corpus.text_sha256, corpus.text_bytes) == (corpus.download_sha256, corpus.download_bytes)


@pytest.mark.parametrize("corpus", CORPORA.values(), ids=lambda corpus: corpus.name)
def test_splits_add_up_to_one(corpus):
    assert sum(corpus.splits) == pytest.approx(1)


@pytest.mark.parametrize("corpus", FETCHED, ids=lambda corpus: corpus.name)
def test_training_never_downloads(corpus):
    with pytest.raises(TextError, match=f"charlm data fetch {corpus.name}"):
        corpus_file(corpus, Spool())
    fetched_file(corpus).parent.mkdir(parents=True)
    fetched_file(corpus).write_bytes(b"emma\n")
    assert corpus_file(corpus, Spool()) == fetched_file(corpus)


def built(text, calls, spool=None):
    def recipe():
        calls.append(text)
        return text

    return corpus_file(replace(CORPORA["python-docs"], recipe=recipe), spool or Spool())


def test_an_embedded_corpus_is_built_once_and_again_when_damaged():
    calls = []
    path = built("the text", calls)
    assert path.read_text() == "the text"
    assert hashlib.sha256(b"the text").hexdigest() in path.name
    assert built("the text", calls) == path
    assert len(calls) == 1
    path.write_text("the tixt")
    assert built("the text", calls).read_text() == "the text"
    assert len(calls) == 2


def test_a_corpus_is_built_in_the_spool_if_the_cache_is_not_writable(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("CHARLM_CACHE", str(tmp_path / "file"))
    with Spool() as spool:
        path = built("the text", [], spool)
        assert path.parent == spool.folder
        assert path.read_text() == "the text"
    assert not path.exists()
