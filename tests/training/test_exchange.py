"""Gradients are added up in one buffer; the ordered sum has the same bits for 1, 2, 4 and 8 processes."""

from __future__ import annotations

import pytest
import torch
from group_of_threads import in_threads

from charlm.processes.group import ALONE, Decisions
from charlm.processes.lanes import PARTS
from charlm.training.exchange import FlatExchange, NoExchange, exchange_for, tree_sum

SHAPES = {"embedding": (5, 3), "unused": (2,), "bias": (4,)}


def weights_of(part):
    """Weights with the gradients of a part of the lanes; one has none, as a weight that an option leaves unused."""
    draw = torch.Generator().manual_seed(part)
    weights = {name: torch.zeros(shape) for name, shape in SHAPES.items()}
    for name in ("embedding", "bias"):
        weights[name].grad = torch.randn(SHAPES[name], generator=draw)
    return weights


def summed(group, ordered):
    """What `group` makes of PARTS parts, of which each process has some."""
    own = PARTS // group.size
    exchange = exchange_for(group, ordered)
    for part in range(group.rank * own, (group.rank + 1) * own):
        weights = weights_of(part)
        exchange.put(weights, torch.tensor(0.1 * part))
    return float(exchange.total(weights)), weights


def test_a_tree_adds_neighbours_first():
    parts = [torch.tensor([float(number)]) for number in range(5)]
    assert tree_sum(parts).item() == 10
    tiny, large = torch.tensor([1.0]), torch.tensor([2.0**24])
    assert tree_sum([large, -large, tiny, tiny]).item() == 2
    assert tree_sum([large, tiny, -large, tiny]).item() != 2  # as in float32: the order matters


@pytest.mark.parametrize("size", [2, 4, 8])
def test_the_ordered_sum_has_the_bits_of_a_single_process(size):
    nats, wanted = summed(ALONE, ordered=True)
    for found_nats, found in in_threads(size, lambda group: summed(group, ordered=True)):
        assert found_nats == nats
        assert found["unused"].grad is None
        for name in ("embedding", "bias"):
            assert torch.equal(found[name].grad, wanted[name].grad)


def test_the_fast_sum_is_the_same_in_every_process_and_near_the_ordered_one():
    nats, wanted = summed(ALONE, ordered=True)
    found = in_threads(4, lambda group: summed(group, ordered=False))
    for found_nats, weights in found:
        assert found_nats == found[0][0] == pytest.approx(nats)
        for name in ("embedding", "bias"):
            assert torch.equal(weights[name].grad, found[0][1][name].grad)
            torch.testing.assert_close(weights[name].grad, wanted[name].grad)


def test_one_process_copies_no_gradients():
    exchange = exchange_for(ALONE, ordered=False)
    assert isinstance(exchange, NoExchange)
    weights = weights_of(0)
    before = weights["bias"].grad
    exchange.put(weights, torch.tensor(2.5))
    assert exchange.total(weights) == 2.5
    assert weights["bias"].grad is before


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("broken", [torch.nan, torch.inf])
def test_what_is_not_finite_in_one_process_is_so_in_all(ordered, broken):
    def work(group):
        weights = weights_of(group.rank)
        if group.rank == 1:
            weights["bias"].grad[2] = broken
        exchange = FlatExchange(group, ordered)
        exchange.put(weights, torch.tensor(torch.nan if group.rank else 1.0))
        return exchange.total(weights), weights["bias"].grad, weights["embedding"].grad

    for nats, bias, embedding in in_threads(2, work):
        assert nats != nats
        assert torch.isfinite(bias).tolist() == [True, True, False, True]
        assert torch.isfinite(embedding).all()


@pytest.mark.parametrize("ordered", [False, True])
def test_decisions_ride_in_the_same_buffer(ordered):
    def work(group):
        asked = group.rank == 1
        decided = group.agree(Decisions(lambda: 1234.5678 + group.rank, lambda: asked, lambda: False))
        before = decided.stop()
        exchange = FlatExchange(group, ordered)
        weights = weights_of(group.rank)
        exchange.put(weights, torch.tensor(1.0))
        exchange.total(weights)
        return before, decided.stop(), decided.save(), decided.seconds()

    for before, stop, save, seconds in in_threads(2, work):
        assert (before, stop, save) == (False, True, False)
        assert seconds == pytest.approx(1234.5678, abs=1e-7)
