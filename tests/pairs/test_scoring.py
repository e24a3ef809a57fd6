"""Edit distances, matches, intervals."""

from __future__ import annotations

import numpy as np
import pytest

from charlm.pairs.distances import NearestSource, edit_distance
from charlm.pairs.scoring import by_source_length, compare, targets_by_source, wilson


@pytest.mark.parametrize(
    ("one", "other", "edits"),
    [("", "", 0), ("abc", "abc", 0), ("abc", "", 3), ("kitten", "sitting", 3), ("ab", "ba", 2), ("flaw", "lawn", 2)],
)
def test_edit_distances(one, other, edits):
    assert edit_distance(one, other) == edit_distance(other, one) == edits


def test_the_nearest_source_is_the_one_with_the_fewest_edits():
    rng = np.random.default_rng(1)
    known = ["".join(rng.choice(list("abc"), rng.integers(1, 8))) for _ in range(40)]
    nearest = NearestSource({source: [f"of {source}"] for source in known})
    for _ in range(20):
        source = "".join(rng.choice(list("abcd"), rng.integers(1, 8)))
        expected = min(dict.fromkeys(known), key=lambda each: edit_distance(source, each))
        assert nearest(source) == f"of {expected}"


def test_any_target_of_a_source_is_right_and_edits_count_to_the_nearest():
    targets = targets_by_source([("a", "xyz"), ("b", "u"), ("a", "x"), ("a", "xyz")])
    assert targets == {"a": ["xyz", "x"], "b": ["u"]}
    found = compare(targets, {"a": "xy", "b": "u"})
    assert (found.exact.right, found.exact.of, found.edits) == (1, 2, 1)
    assert found.characters == 2  # of the nearest targets, x and u
    assert compare(targets, {"a": "x", "b": "v"}).exact.right == 1


def test_wilsons_interval():
    """0 of 10 and 10 of 10 are his own examples of what the usual interval cannot say."""
    assert wilson(0, 10) == pytest.approx((0, 0.2775), abs=1e-4)
    assert wilson(10, 10) == pytest.approx((0.7225, 1), abs=1e-4)
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)  # Newcombe 1998, table I


def test_bands_of_lengths_have_every_source_once():
    written = {"a" * length: "x" if length % 2 else "y" for length in range(1, 22)}
    bands = by_source_length({source: ["x"] for source in written}, written)
    assert sum(band.exact.of for band in bands) == 21
    assert sum(band.exact.right for band in bands) == 11
    assert [band.shortest for band in bands[1:]] == [band.longest + 1 for band in bands[:-1]]
