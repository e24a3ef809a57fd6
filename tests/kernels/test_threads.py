"""Rows shared out to threads."""

from __future__ import annotations

import threading
import time

import pytest

from charlm.kernels import threads
from charlm.kernels.threads import PARTS_FOR_A_THREAD, TeamSize, share_rows

THREADS = 3


@pytest.fixture(autouse=True)
def several_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "usable_threads", lambda: THREADS)


def test_a_team_is_as_large_as_its_work_and_alone_for_a_while_after_it_was_contended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [0.0]
    monkeypatch.setattr(threads.time, "perf_counter", lambda: now[0])
    team, much = TeamSize(), 10 * threads.PAIRS_FOR_A_THREAD
    assert (team.threads(1, 4), team.threads(threads.PAIRS_FOR_A_THREAD, 4), team.threads(much, 4)) == (1, 2, 4)
    waits = []
    for _ in range(6):
        team.worked(4, contended=True)
        began = now[0]
        while team.threads(much, 4) == 1:
            now[0] += 0.01
        waits.append(now[0] - began)
    assert waits == sorted(waits)
    assert waits[0] < 2 * threads.SECONDS_ALONE < waits[-1] < 2 * threads.MOST_SECONDS_ALONE
    team.worked(4, contended=False)
    team.worked(4, contended=True)
    now[0] += 1.1 * threads.SECONDS_ALONE
    assert team.threads(much, 4) == 4


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


def test_no_thread_works_on_when_one_part_has_failed() -> None:
    begun: list[int] = []
    ended: list[int] = []

    def work(first: int, end: int) -> None:
        begun.append(end)
        if not first:
            raise ValueError("the first part")
        time.sleep(0.02)
        ended.append(end)

    with pytest.raises(ValueError, match="the first part"):
        share_rows(work, 64, 1)
    after = list(ended)
    assert len(begun) == len(ended) + 1
    time.sleep(0.03)
    assert ended == after


def test_a_thread_that_is_free_does_the_parts_of_one_that_is_held_up() -> None:
    done: dict[str, int] = {}
    others_have_ended = threading.Event()

    def work(first: int, end: int) -> None:
        if not first:  # the thread that took the first part takes no other until all others are done
            assert others_have_ended.wait(30)
            return
        done[threading.current_thread().name] = done.get(threading.current_thread().name, 0) + 1
        if sum(done.values()) == PARTS_FOR_A_THREAD * THREADS - 1:
            others_have_ended.set()

    share_rows(work, 64, 1)
    assert sum(done.values()) == PARTS_FOR_A_THREAD * THREADS - 1
