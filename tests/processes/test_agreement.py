"""Processes decide from the sum of what all said, so all of them decide the same."""

from __future__ import annotations

import random

import numpy as np
import pytest

from charlm.processes.agreement import Agreement, in_two
from charlm.processes.group import Decisions


def processes(*stops_and_saves):
    """An agreement for each, whose clock shows 10 seconds more for each rank, and what it decides."""
    agreements = [Agreement(rank) for rank in range(len(stops_and_saves))]
    decided = [
        agreement.begin(Decisions(lambda rank=rank: 10.0 * (rank + 1), lambda stop=stop: stop, lambda save=save: save))
        for rank, (agreement, (stop, save)) in enumerate(zip(agreements, stops_and_saves, strict=True))
    ]
    return agreements, decided


def exchange(agreements):
    total = np.sum([np.float32(agreement.said()) for agreement in agreements], axis=0)
    for agreement in agreements:
        agreement.heard(total.tolist())


@pytest.mark.parametrize("asked", [(False, False), (True, False), (False, True)])
def test_what_one_process_is_asked_all_do_after_the_same_sum(asked):
    agreements, decided = processes((False, False), asked, (False, False))
    assert not any(each.stop() or each.save() for each in decided)
    exchange(agreements)
    assert {(each.stop(), each.save()) for each in decided} == {asked}


def test_the_clock_is_that_of_process_0_and_stands_between_sums():
    agreements, decided = processes((False, False), (False, False))
    assert [each.seconds() for each in decided] == [0.0, 0.0]
    exchange(agreements)
    assert [each.seconds() for each in decided] == [10.0, 10.0]


def test_a_time_survives_float32():
    draw = random.Random(1)
    for _ in range(1000):
        seconds = draw.uniform(0, 1e7)
        high, low = in_two(seconds)
        assert (float(np.float32(high)), float(np.float32(low))) == (high, low)
        assert high + low == pytest.approx(seconds, abs=1e-7)
