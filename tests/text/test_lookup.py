"""Ids of characters, clusters and bytes, and which have none."""

import numpy as np
import pytest

from charlm.text.lookup import CharacterLookup, ClusterLookup, byte_table, code_points

ACCENT = "e\u0301"


def found(lookup, text):
    ids, missing = lookup.find(lookup.split(text))
    return ids.tolist(), None if missing is None else missing.tolist()


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize(
    "lookup",
    [
        lambda first: CharacterLookup(np.array([ord(one) for one in "abé"], "<u4"), first),
        lambda first: ClusterLookup(("a", "b", "é"), first),
    ],
)
def test_ids_begin_with_the_first(lookup, first):
    assert found(lookup(first), "ba") == ([1 + first, first], None)
    assert found(lookup(first), "éa") == ([2 + first, first], None)
    assert found(lookup(first), "") == ([], None)
    assert found(lookup(first), "bz")[1] == [False, True]
    assert found(lookup(first), "é日a")[1] == [False, True, False]


def test_a_cluster_is_one_symbol():
    lookup = ClusterLookup(("a", "e", ACCENT), 0)
    assert found(lookup, f"a{ACCENT}e") == ([0, 2, 1], None)
    assert lookup.replace(lookup.split(f"x{ACCENT}"), {"x": "ae"}) == ["a", "e", ACCENT]


@pytest.mark.parametrize("size", [255, 256, 257, 42_000])
def test_many_clusters_are_found_with_the_smallest_dtype(size):
    symbols = tuple(sorted({ACCENT, *(chr(0x20000 + n) for n in range(size - 1))}))[:size]
    lookup = ClusterLookup(symbols, 0)
    ids, missing = lookup.find(lookup.split("".join(symbols)))
    assert missing is None
    assert ids.dtype == np.min_scalar_type(size - 1)
    assert ids.tolist() == list(range(size))


def test_bytes_without_an_id_have_255():
    table = byte_table(np.array([0, 97]), 3)
    assert (table[0], table[97], table[98], len(table)) == (3, 4, 255, 256)


def test_code_points_are_as_narrow_as_they_can_be():
    assert code_points("aé日").dtype == np.dtype("<u2")
    assert code_points("a😀").tolist() == [97, 0x1F600]
    assert code_points("\ud800").tolist() == [0xD800]
