"""The division of a text into parts."""

from pathlib import Path

import pytest

from charlm.text.files.source_file import SourceFile
from charlm.text.shards.parts import FULL, LARGE, Part, is_large, parts_of


def files(*sizes):
    return [SourceFile(str(number), Path(str(number)), size) for number, size in enumerate(sizes)]


def divided(*sizes):
    return [(part.first, part.end) for part in parts_of(files(*sizes))]


def test_a_text_that_is_not_large_is_one_part():
    assert parts_of(files(FULL, 10, 5)) == [Part(0, 3, FULL + 15)]
    assert parts_of([]) == [Part(0, 0, 0)]
    assert not is_large(files(LARGE - 1))
    assert is_large(files(LARGE - 1, 1))


def test_a_large_file_is_a_part_and_small_ones_share_one():
    small = FULL // 4
    assert divided(FULL, FULL, 1) == [(0, 1), (1, 2), (2, 3)]
    assert divided(*[small] * 10) == [(0, 4), (4, 8), (8, 10)]
    assert divided(small, 5 * FULL, small, small) == [(0, 1), (1, 2), (2, 4)]


@pytest.mark.parametrize("at", range(4))
def test_a_file_that_is_added_leaves_the_large_ones_what_they_were(at):
    sizes = [3 * FULL, 2 * FULL, 4 * FULL]
    more = [*sizes[:at], 7, *sizes[at:]]
    assert {size for size in (part.size for part in parts_of(files(*more))) if size > FULL} == set(sizes)


def test_the_parts_are_all_of_the_text_in_its_order():
    sizes = [number * FULL // 7 for number in (0, 3, 9, 1, 1, 1, 7, 0, 30, 2)]
    found = parts_of(files(*sizes))
    assert [part.first for part in found] == [0, *(part.end for part in found[:-1])]
    assert found[-1].end == len(sizes)
    assert [part.size for part in found] == [sum(sizes[part.first : part.end]) for part in found]
