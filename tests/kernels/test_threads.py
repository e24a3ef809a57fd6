"""Rows shared out to threads."""

from __future__ import annotations

import time

import pytest

from charlm.kernels.threads import share_rows
from charlm.machine import cores


@pytest.mark.parametrize(("rows", "least"), [(0, 1), (1, 1), (1, 5), (7, 2), (64, 1), (64, 100)])
def test_every_row_is_done_once_in_shares_of_some_size(rows: int, least: int) -> None:
    done: list[tuple[int, int]] = []
    share_rows(lambda first, end: done.append((first, end)), rows, least)
    assert [row for first, end in sorted(done) for row in range(first, end)] == list(range(rows))
    assert len(done) == 1 or all(end - first >= least for first, end in done)


def test_what_goes_wrong_in_a_thread_is_raised() -> None:
    def work(first: int, end: int) -> None:
        if end == 64:
            raise ValueError("the last share")

    with pytest.raises(ValueError, match="the last share"):
        share_rows(work, 64, 1)


def test_the_other_threads_have_ended_when_one_part_fails() -> None:
    ended: list[int] = []

    def work(first: int, end: int) -> None:
        if not first:
            raise ValueError("the first share")
        time.sleep(0.05)
        ended.append(end)

    with pytest.raises(ValueError, match="the first share"):
        share_rows(work, 64, 1)
    assert len(ended) == min(cores(), 64) - 1
