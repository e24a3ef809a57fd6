"""The cache of encoded texts: entries are valid and complete, or absent."""

import json
import multiprocessing

import numpy as np
import pytest

from charlm.text import cache

IDS = [np.array([1, 2, 3], np.uint8), np.array([250, 0], np.uint8)]


def store(key="key", ids=IDS, calls=None):
    def chunks():
        if calls is not None:
            calls.append(key)
        return iter(ids)

    return cache.store_entry(key, ids[0].dtype, chunks, lambda found: {"sum": int(found.sum()), "letter": "é"})


def assert_is_the_entry(entry):
    assert entry.ids.tolist() == [1, 2, 3, 250, 0]
    assert entry.facts == {"sum": 256, "letter": "é"}


def test_what_was_stored_is_loaded_as_a_mapped_file():
    assert cache.load_entry("key") is None
    assert_is_the_entry(store())
    entry = cache.load_entry("key")
    assert_is_the_entry(entry)
    assert isinstance(entry.ids, np.memmap)
    assert entry.note == ""
    assert cache.load_entry("another") is None


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.uint32])
def test_ids_of_every_dtype_are_stored(dtype):
    largest = np.iinfo(dtype).max
    store(ids=[np.array([0, largest], dtype)])
    entry = cache.load_entry("key")
    assert entry.ids.tolist() == [0, largest]
    assert entry.ids.dtype == dtype


def test_every_flipped_bit_is_detected(own_cache):
    store()
    for path in sorted((own_cache / "ids").iterdir()):
        whole = path.read_bytes()
        for place in range(len(whole)):
            damaged = bytearray(whole)
            damaged[place] ^= 1 << place % 8
            path.write_bytes(damaged)
            assert cache.load_entry("key") is None, (path.name, place)
        path.write_bytes(whole)
    assert_is_the_entry(cache.load_entry("key"))


def test_every_truncation_is_detected(own_cache):
    store()
    for path in sorted((own_cache / "ids").iterdir()):
        whole = path.read_bytes()
        for length in range(len(whole)):
            path.write_bytes(whole[:length])
            assert cache.load_entry("key") is None, (path.name, length)
        path.write_bytes(whole + b" ")
        assert path.suffix == ".json" or cache.load_entry("key") is None
        path.write_bytes(whole)


@pytest.mark.parametrize("record", [b"", b"[]", b"null", b"{}", b'{"dtype": []}', b'{"dtype": "uint8", "length": -1}'])
def test_an_invalid_record_is_no_entry(own_cache, record):
    store()
    (own_cache / "ids" / "key.json").write_bytes(record)
    assert cache.load_entry("key") is None


def test_ids_are_held_in_memory_with_a_note_if_the_cache_is_not_writable(own_cache, monkeypatch):
    blocked = own_cache / "a-file"
    blocked.write_text("in the way")
    monkeypatch.setenv("CHARLM_CACHE", str(blocked))
    entry = store()
    assert_is_the_entry(entry)
    assert not isinstance(entry.ids, np.memmap)
    assert "held in memory" in entry.note
    assert str(blocked) in entry.note


def test_a_full_disk_leaves_no_files(own_cache, monkeypatch):
    calls = []

    class Full:
        def __init__(self, *_):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def write(self, _):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("charlm.text.cache.os.fdopen", Full)
    entry = store(calls=calls)
    assert_is_the_entry(entry)
    assert "No space left" in entry.note
    assert list((own_cache / "ids").iterdir()) == []


def test_an_interruption_leaves_no_entry(own_cache):
    def chunks():
        yield IDS[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.store_entry("key", np.dtype(np.uint8), chunks, lambda ids: {})
    assert cache.load_entry("key") is None
    assert list((own_cache / "ids").iterdir()) == []


def test_several_processes_may_store_the_same_entry_at_once():
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        assert pool.map(store_and_load, range(12)) == [[1, 2, 3, 250, 0]] * 12


def store_and_load(_):
    store()
    return cache.load_entry("key").ids.tolist()


def test_the_folder_is_that_of_the_variable_or_of_the_platform(monkeypatch, tmp_path):
    monkeypatch.setenv("CHARLM_CACHE", str(tmp_path / "here"))
    assert cache.cache_folder() == tmp_path / "here"
    monkeypatch.delenv("CHARLM_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "there"))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert "charlm" in str(cache.cache_folder())


def test_an_empty_text_is_an_entry():
    store(ids=[np.empty(0, np.uint8)])
    assert cache.load_entry("key").ids.tolist() == []


def test_the_record_has_dtype_and_length(own_cache):
    store()
    record = json.loads((own_cache / "ids" / "key.json").read_text())
    assert record["dtype"] == "uint8"
    assert record["length"] == 5
