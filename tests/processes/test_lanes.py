"""Lanes are shared out without gaps, and the numbers that advice names fit."""

from __future__ import annotations

import re

import pytest

from charlm.errors import UsageError
from charlm.processes.lanes import PARTS, require_shareable, share_of, whole


@pytest.mark.parametrize(("lanes", "size"), [(8, 1), (8, 2), (24, 3), (64, 8)])
def test_every_lane_belongs_to_one_process_in_order(lanes, size):
    shares = [share_of(lanes, rank, size) for rank in range(size)]
    rows = [row for share in shares for row in range(lanes)[share.rows]]
    assert rows == list(range(lanes))
    assert [share.all_of_them for share in shares] == [size == 1] * size


@pytest.mark.parametrize("size", [1, 2, 4, 8])
def test_the_parts_of_the_ordered_sum_are_the_same_for_every_number_of_processes(size):
    shares = [share_of(32, rank, size) for rank in range(size)]
    parts = [part for share in shares for part in share.parts(PARTS // size)]
    assert parts == whole(32).parts(PARTS)
    for share in shares:
        for part in share.parts(PARTS // size):
            assert list(range(32))[share.rows][part.rows_in(share)] == list(range(32))[part.rows]


@pytest.mark.parametrize(("lanes", "size", "ordered"), [(10, 4, False), (3, 8, False), (20, 2, True), (3, 1, True)])
def test_the_advice_fits_when_it_is_followed(lanes, size, ordered):
    with pytest.raises(UsageError) as refused:
        require_shareable(lanes, size, ordered)
    numbers = [int(word) for word in re.findall(r"(?:=| or )(\d+)", refused.value.remedy)]
    assert numbers
    for number in numbers:
        require_shareable(number, size, ordered)


def test_the_ordered_sum_has_few_numbers_of_processes():
    with pytest.raises(UsageError, match="8 parts"):
        require_shareable(24, 3, ordered=True)
    for size in (1, 2, 4, 8):
        require_shareable(24, size, ordered=True)
    require_shareable(24, 3, ordered=False)
