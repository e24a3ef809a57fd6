"""Places in a text: what is read before a prediction."""

from __future__ import annotations

import numpy as np
import pytest

from charlm.inspection.places import READ_BEFORE, place_in

IDS = np.arange(3000) % 7 + 1  # no 0
END = 0


@pytest.mark.parametrize("at", [1, 2, 10, 100, 101, 1500, 2999, 3000])
def test_what_is_before_the_place_in_order(at):
    place = place_in(IDS, at, 100)
    read = np.concatenate([place.before, place.inside])
    np.testing.assert_array_equal(read, IDS[max(0, at - 100 - READ_BEFORE) : at])
    assert len(place.inside) == min(at, 100)
    assert place.actual == (IDS[at] if at < 3000 else None)


@pytest.mark.parametrize(
    ("records", "at", "read"),
    [
        ([3, 4, 0, 5, 6, 0], 0, [0]),
        ([3, 4, 0, 5, 6, 0], 1, [0, 3]),
        ([3, 4, 0, 5, 6, 0], 2, [0, 3, 4]),
        ([3, 4, 0, 5, 6, 0], 3, [0]),
        ([3, 4, 0, 5, 6, 0], 5, [0, 5, 6]),
        ([3, 4, 0, 5, 6, 0], 6, [0]),
    ],
)
def test_a_record_is_read_from_the_end_symbol_that_begins_it(records, at, read):
    place = place_in(np.array(records), at, 2, END)
    assert [*place.before, *place.inside] == read


def test_nothing_before_the_place_is_an_error():
    with pytest.raises(ValueError, match="nothing to read"):
        place_in(IDS, 0, 100)
