"""The tasks for a memory: their form, their answers, and the optimum of ngram."""

from __future__ import annotations

import itertools
import math
import re

import numpy as np
import pytest

from charlm.errors import UsageError
from charlm.text.corpora import tasks
from charlm.text.corpora.tasks import Range


def lines_of(make, count=200, seed=1):
    return list(itertools.islice(make(np.random.default_rng(seed)), count))


def test_copy_gives_the_same_again():
    lines = lines_of(lambda rng: tasks.copy_lines(rng, "abc", Range(1, 5)))
    assert all(line == f"{line.split('>')[0]}>{line.split('>')[0]}" for line in lines)
    assert {len(line.split(">")[1]) for line in lines} == {1, 2, 3, 4, 5}


def test_repeat_copy_gives_it_as_often_as_it_says():
    for line in lines_of(lambda rng: tasks.repeat_copy_lines(rng, "ab", Range(1, 4), Range(1, 12))):
        word, times, answer = re.fullmatch(r"([ab]+)\*(\d+)>(.*)\.", line).groups()
        assert answer == word * int(times)


def test_recall_gives_the_item_that_follows():
    for line in lines_of(lambda rng: tasks.recall_lines(rng, "abcd", Range(2, 6))):
        items, asked, answer = re.fullmatch(r"([abcd|]+)\?(\w{3})>(\w{3})", line).groups()
        items = items.split("|")
        assert len(set(items)) == len(items) <= 6
        assert items[items.index(asked) + 1] == answer


def test_sort_gives_the_letters_of_the_largest_numbers():
    for line in lines_of(lambda rng: tasks.sort_lines(rng, "abcd", Range(5, 20), 0.8)):
        given, answer = line.split(">")
        pairs = sorted(((int(number), letter) for letter, number in re.findall(r"(\w)(\d\d)", given)), reverse=True)
        assert answer == "".join(letter for _, letter in pairs[: round(0.8 * len(pairs))])


def test_the_optimum_of_ngram_is_128_bits_a_line():
    lines = lines_of(lambda rng: tasks.ngram_lines(rng, 200), 300)
    assert all(re.fullmatch("[01]{5}>[01]{195}", line) for line in lines)
    assert np.mean([tasks.ngram_bits(line) for line in lines]) == pytest.approx(128, abs=2)


def test_what_the_best_model_of_ngram_pays_is_counted_by_hand():
    # in the context 00000: a half, then (1 + 1/2) / 2 of a zero, then (2 + 1/2) / 3, and of a one the rest
    assert tasks.ngram_bits("00000>0") == pytest.approx(1)
    assert tasks.ngram_bits("00000>000") == pytest.approx(-math.log2(0.5 * 0.75 * 2.5 / 3))
    assert tasks.ngram_bits("00000>01") == pytest.approx(-math.log2(0.5 * 0.25))
    for wrong in ("0000>01", "00000>2", "0000001", "00000>"):
        with pytest.raises(ValueError, match="no line of ngram"):
            tasks.ngram_bits(wrong)


def test_the_same_seed_gives_the_same_lines_and_another_one_others():
    def text(seed):
        return tasks.task_text("copy", lambda rng: tasks.copy_lines(rng, "abc", Range(3, 9)), 20, seed)

    assert text(1) == text(1) != text(2)
    assert text(1).count("\n") == 20


@pytest.mark.parametrize("given", ["", "a", "3-", "-3", "5-2", "0-4", "1-21", "٣"])
def test_a_range_that_is_none_is_refused(given):
    with pytest.raises(UsageError):
        tasks.parse_range(given, "--length", 1, 20)
    assert str(tasks.parse_range("1-20", "--length", 1, 20)) == "1-20"
    assert tasks.parse_range("7", "--length", 1, 20) == Range(7, 7)
