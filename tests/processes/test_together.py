"""Sums, shares and losses among several processes, which are threads here and meet through gloo."""

from __future__ import annotations

import pytest
import torch
from group_of_threads import in_threads

from charlm.errors import LostProcessError
from charlm.processes.group import ALONE, Decisions
from charlm.processes.together import reason_of


def test_a_sum_has_the_same_bits_everywhere_and_gathered_values_their_order():
    def work(group):
        values = torch.rand(1001, generator=torch.Generator().manual_seed(group.rank))
        gathered = group.gather(values)
        group.sum(values)
        return values, gathered

    found = in_threads(3, work)
    for values, gathered in found:
        assert torch.equal(values, found[0][0])
        for rank, each in enumerate(gathered):
            assert torch.equal(each, torch.rand(1001, generator=torch.Generator().manual_seed(rank)))
    torch.testing.assert_close(found[0][0], sum(found[0][1]))


def test_two_processes_add_up_to_the_bits_of_a_sum():
    def work(group):
        values = torch.rand(1001, generator=torch.Generator().manual_seed(group.rank))
        gathered = group.gather(values)
        group.sum(values)
        return torch.equal(values, gathered[0] + gathered[1])

    assert in_threads(2, work) == [True, True]


def test_process_0_shares_and_collects_contents_of_any_length():
    def work(group):
        shared = group.share([b"from 0", b"", b"not used"][group.rank])
        empty = group.share(b"" if group.rank == 0 else b"not used")
        return shared, empty, group.collect(b"x" * (3 * group.rank))

    found = in_threads(3, work)
    assert [each[:2] for each in found] == [(b"from 0", b"")] * 3
    assert [each[2] for each in found] == [[b"", b"xxx", b"xxxxxx"], [], []]


def test_clocks_are_set_to_that_of_process_0():
    def work(group):
        decided = group.agree(Decisions(lambda: 5.0 + group.rank, lambda: False, lambda: False))
        before = decided.seconds()
        numbers = torch.tensor(group.said())
        group.sum(numbers)
        group.heard(numbers.tolist())
        return before, decided.seconds(), decided.stop()

    assert in_threads(2, work) == [(5.0, 5.0, False)] * 2


def test_a_process_that_is_gone_is_an_error_in_the_others():
    def work(group):
        if group.rank == 1:
            group.close()
            return None
        with pytest.raises(LostProcessError, match="is gone") as lost:
            group.sum(torch.zeros(3))
        return lost.value.exit_code

    assert in_threads(2, work)[0] == 8


def test_the_reason_is_what_torch_says_without_its_sources():
    said = "[/__w/gloo/tcp/pair.cc:537] Read error [127.0.0.1]:49550: Connection reset by peer. This is typically\nmore"
    assert reason_of(RuntimeError(said)) == "Read error [127.0.0.1]:49550: Connection reset by peer"
    assert reason_of(RuntimeError("Timed out")) == "Timed out"
    assert reason_of(RuntimeError()) == "RuntimeError"


def test_alone_everything_is_its_own():
    values = torch.ones(2)
    ALONE.sum(values)
    own = Decisions(lambda: 1.0, lambda: True, lambda: False)
    assert values.tolist() == [1, 1]
    assert ALONE.gather(values)[0] is values
    assert (ALONE.share(b"x"), ALONE.collect(b"x")) == (b"x", [b"x"])
    assert ALONE.agree(own) is own
    assert list(ALONE.said()) == []
